"""64 bits for the ids of rows that come and go by the million."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from core import widen_ids

ID = "2026-11-23T05:26:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "wide ids"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="shortener", description=DESCRIPTION)
    return widen_ids(manager, "shortener_visit")
