"""Finding plugins and calling their hooks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from core import hookspecs
from core.check import complaints
from core.configuration import read
from core.plugins import Enabled, Plugin, PluginError, Plugins, hookimpl, load
from core.settings import Settings

GOOD = """
from core import Plugin
PLUGIN = Plugin(name="{name}", title="Example")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder from which modules can be imported, and forget them after."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(folder: Path, name: str, **files: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    for file, text in files.items():
        (folder / name / f"{file}.py").write_text(text)


def test_a_dotted_module_is_a_plugin(package: Path) -> None:
    write(package, "acme", plugin=GOOD.format(name="acme"))
    assert load("acme.plugin")[0].name == "acme"


def test_an_entry_point_is_a_plugin(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(package, "acme", plugin=GOOD.format(name="acme"))
    metadata = package / "acme_billing-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: acme-billing\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[tenfold.plugins]\nacme-billing = acme.plugin\n")
    assert load("acme-billing")[0].name == "acme"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nowhere_to_be_found", "needs the package 'nowhere_to_be_found'"),
        ("1 / 0", "cannot be imported (ZeroDivisionError: division by zero)"),
        ("", "has no PLUGIN"),
        ("from core import Plugin\nPLUGIN = Plugin(name='a-b', title='')", "no plugin name"),
        ("from core import Plugin\nPLUGIN = Plugin(name='ab', title='', api=9)", "plugin API 9"),
    ],
)
def test_what_is_wrong_with_a_plugin_is_a_sentence(package: Path, text: str, words: str) -> None:
    write(package, "acme", plugin=text)
    with pytest.raises(PluginError) as caught:
        load("acme.plugin")
    assert words in caught.value.problems[0]
    assert caught.value.problems[0].startswith("acme.plugin: ")


def enabled(name: str, **hooks: Any) -> Enabled:
    module = ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, function)
    return Enabled(Plugin(name=name, title=name), module, Settings())


def test_hooks_are_called_in_order_and_each_answer_has_its_plugins_name() -> None:
    def first(settings: Settings) -> str:
        return "one"

    def second(settings: Settings) -> str:
        return type(settings).__name__

    plugins = Plugins(
        [
            enabled("one", register_admin=hookimpl(first)),
            enabled("two", register_admin=hookimpl(second)),
            enabled("three"),
        ]
    )
    assert list(plugins.call("register_admin")) == [("one", "one"), ("two", "Settings")]


def test_a_hook_that_raises_names_its_plugin() -> None:
    def broken() -> str:
        raise RuntimeError("disk is full")

    plugins = Plugins([enabled("one", register_tables=hookimpl(broken))])
    with pytest.raises(RuntimeError) as caught:
        list(plugins.call("register_tables"))
    assert "'one'" in caught.value.__notes__[0]


def test_a_misspelled_hook_and_a_wrong_argument_are_refused() -> None:
    def function() -> None: ...

    def wrong(colour: str) -> None: ...

    with pytest.raises(PluginError, match=r"one: there is no hook 'registr_tables'; did you mean"):
        Plugins([enabled("one", registr_tables=hookimpl(function))])
    with pytest.raises(PluginError, match=r"one: .*colour"):
        Plugins([enabled("one", register_tables=hookimpl(wrong))])


HOOKS = [name for name, each in vars(hookspecs).items() if hasattr(each, "tenfold_spec")]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_described(hook: str) -> None:
    assert getattr(hookspecs, hook).__doc__


BAD = {
    "plugin": """
from core import Permission, Plugin, hookimpl
from . import tables
PLUGIN = Plugin(name="acme", title="Acme", requires=["todo"])

@hookimpl
def register_tables():
    return "acme.piccolo_app"

@hookimpl
def register_permissions():
    return [Permission("read", "Read")]

@hookimpl
def register_handlers():
    return {"todo.task_eaten": None, "todo.task_created": None, "absent.thing": None}
""",
    "tables": """
from piccolo.columns import ForeignKey, OnDelete, Varchar
from piccolo.table import Table
from core import User
from core.auth.users import create_user
import plugins.notes.tables

class Invoice(Table, tablename="invoice"):
    user = ForeignKey(User, on_delete=OnDelete.restrict)
    number = Varchar()

def take(body):
    return Invoice(**body), Invoice.from_dict(body)
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

async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="acme")

    async def create():
        await Table.raw("CREATE TABLE invoice (id INTEGER PRIMARY KEY, user INTEGER, number TEXT)")

    manager.add_raw(create)
    return manager
"""


def test_check_tells_every_rule_that_is_broken(package: Path, tmp_path: Path) -> None:
    stand_in = ModuleType("plugins.notes")
    stand_in.tables = ModuleType("plugins.notes.tables")  # type: ignore[attr-defined]
    sys.modules["plugins.notes"], sys.modules["plugins.notes.tables"] = stand_in, stand_in.tables
    write(package, "acme", **BAD)
    (package / "acme" / "piccolo_migrations").mkdir()
    (package / "acme" / "piccolo_migrations" / "acme_1.py").write_text(MIGRATION)
    (package / "acme" / "piccolo_migrations" / "0001_first.py").write_text("")
    toml = tmp_path / "plugins.toml"
    toml.write_text('enabled = ["todo", "acme.plugin"]')
    found = "\n".join(complaints(read(toml, {})))
    for words in (
        "acme: the table 'invoice' must be called acme_invoice",
        "acme: the permission 'read' must be called acme.read",
        "acme: Invoice.user would keep auth_user rows alive; cascade or set null",
        "acme: the migration 0001_first.py must be called acme_0001_first.py",
        "acme: hears 'todo.task_eaten', but todo tells no such event",
        "acme: tables.py:5 imports core.auth.users.create_user, which core does not promise",
        "acme: tables.py:6 imports plugins.notes without requires=['notes']",
        "acme: tables.py:13 makes a row from a mapping; name its columns",
        "acme: Invoice.user is a foreign key without an index",
        "acme: a list sorts Invoice by number, which is in no index",
    ):
        assert words in found
    assert "task_created" not in found
    assert len(found.splitlines()) == 11


def test_what_is_built_in_keeps_every_rule(tmp_path: Path) -> None:
    from core.plugins import built_in

    plugins = read(tmp_path / "none.toml", {"TENFOLD_ENABLED": ",".join(built_in())})
    assert complaints(plugins) == []
