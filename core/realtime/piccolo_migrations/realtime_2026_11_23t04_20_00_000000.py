"""What a client missed on its channels is found by channel."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T04:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index by channel"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="realtime", description=DESCRIPTION)

    async def create() -> None:
        await Table.raw(
            "CREATE INDEX realtime_message_channel ON realtime_message (channel, id)"
        )

    async def drop() -> None:
        await Table.raw("DROP INDEX realtime_message_channel")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
