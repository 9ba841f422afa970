"""A plugin that breaks every rule there is, and what ``tenfold check`` says of it."""

from __future__ import annotations

BAD = {
    "plugin": """
from core import Permission, Plugin, hookimpl
from . import routes, tables
from .settings import AcmeSettings
PLUGIN = Plugin(name="acme", title="Acme", requires=["todo"], settings=AcmeSettings)

@hookimpl
def register_tables():
    return "acme.piccolo_app"

@hookimpl
def register_permissions():
    return [Permission("read", "Read")]

async def hear(event): ...

@hookimpl
def register_handlers():
    return {"todo.task_eaten": hear, "todo.task_created": hear, "absent.thing": hear}

@hookimpl
def register_routes():
    return routes.invoices

@hookimpl
def health():
    pass
""",
    "tables": """
from piccolo.columns import ForeignKey, OnDelete, Varchar
from piccolo.table import Table
from core import User
from core.auth.accounts.users import create_user
import plugins.notes.tables

class Invoice(Table, tablename="invoice"):
    user = ForeignKey(User, on_delete=OnDelete.restrict)
    number = Varchar()

def take(body):
    return Invoice(**body), Invoice.from_dict(body)
""",
    "settings": """
from core import Settings

class AcmeSettings(Settings, frozen=True):
    colour: str = "red"
""",
    "routes": """
import pickle
import time
from sanic import Blueprint
from core import endpoint

invoices = Blueprint("acme")

@invoices.get("/")
@endpoint("acme.raed")
async def some() -> None:
    "List."
    time.sleep(1)

@invoices.post("/")
async def bare(request):
    ...
""",
    "schemas": """
from typing import ClassVar, Literal
from core import PageQuery
from .tables import Invoice

class InvoiceQuery(PageQuery, frozen=True):
    table: ClassVar = Invoice
    sort: Literal["number", "-id"] = "number"
""",
    "piccolo_app": """
from pathlib import Path
from piccolo.conf.apps import AppConfig, table_finder
APP_CONFIG = AppConfig(
    app_name="acme",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(["acme.tables"], exclude_imported=True),
)
""",
}
MIGRATION = """
from piccolo.table import Table
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
ID = "1"
VERSION = "1"
DESCRIPTION = "by hand"

async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="acme")

    async def create():
        await Table.raw("CREATE TABLE invoice (id INTEGER PRIMARY KEY, user INTEGER, number TEXT)")

    manager.add_raw(create)
    return manager
"""


EXPECTED = [
    "acme: acme/plugin.py:25  write `async def health`",
    "acme: acme/plugin.py:17  hears 'todo.task_eaten', but todo tells no such event",
    "acme: has no README.md in acme/; say what it is for",
    "acme: acme/settings.py:5  say what colour is for: Meta(description=…)",
    "acme: acme/tables.py:8  the table 'invoice' must be called acme_invoice",
    "acme: acme/tables.py:9  Invoice.user would keep auth_user rows alive; cascade or set null",
    "acme: acme/piccolo_migrations/0001_first.py  "
    "the migration 0001_first.py must be called acme_0001_first.py",
    "acme: its piccolo_app must name 'plugins.todo.piccolo_app' among migration_dependencies, "
    "as it requires that plugin",
    "acme: its tables differ from its migrations; run tenfold plugins migration acme",
    "acme: acme/plugin.py:11  the permission 'read' must be called acme.read",
    "acme: acme/routes.py:9  needs the permission 'acme.raed', which no plugin registers",
    "acme: acme/routes.py:15  / is no endpoint; "
    "write @endpoint(permission) under the route, or @endpoint(None) for anyone",
    "acme: acme/routes.py:2  imports pickle, which runs what it reads; use msgspec",
    "acme: acme/tables.py:5  imports core.auth.accounts.users.create_user, "
    "which core does not promise",
    "acme: acme/tables.py:6  imports plugins.notes without requires=['notes']",
    *["acme: acme/tables.py:13  makes a row from a mapping; name its columns"] * 2,
    "acme: acme/routes.py:13  time.sleep() stops the worker; await asyncio.sleep()",
    "acme: acme/tables.py:9  Invoice.user is a foreign key without an index; "
    "deleting what it points to reads the whole table",
    "acme: acme/tables.py:10  a list sorts Invoice by number, which is in no index",
]
