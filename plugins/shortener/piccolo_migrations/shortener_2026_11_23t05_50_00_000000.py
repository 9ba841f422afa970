"""One index less to write for each visit: old ones are found by their ids."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import BigInt

ID = "2026-11-23T05:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "visits without an index over time alone"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="shortener", description=DESCRIPTION)
    manager.alter_column(
        table_class_name="Visit",
        tablename="shortener_visit",
        column_name="at",
        db_column_name="at",
        params={"index": False},
        old_params={"index": True},
        column_class=BigInt,
        old_column_class=BigInt,
        schema=None,
    )
    return manager
