"""Indexes over several columns, which Piccolo's columns cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T04:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes"

INDEXES = {
    "shortener_link_created_at": "shortener_link (owner, created_at, id)",
    "shortener_link_updated_at": "shortener_link (owner, updated_at, id)",
    "shortener_link_owner_code": "shortener_link (owner, code, id)",
    "shortener_visit_link_at": "shortener_visit (link, at)",
    "shortener_visit_link_id": "shortener_visit (link, id)",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="shortener", description=DESCRIPTION)

    async def create() -> None:
        for name, columns in INDEXES.items():
            await Table.raw(f"CREATE INDEX {name} ON {columns}")

    async def drop() -> None:
        for name in INDEXES:
            await Table.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
