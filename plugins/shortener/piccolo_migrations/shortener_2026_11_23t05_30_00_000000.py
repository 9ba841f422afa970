"""The full-text index of links."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core import create_search_index, drop_search_index

ID = "2026-11-23T05:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "search"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="shortener", description=DESCRIPTION)

    async def create() -> None:
        await create_search_index("shortener_link", ["title", "target", "code", "tags"])

    async def drop() -> None:
        await drop_search_index("shortener_link")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
