"""Indexes over several columns, which Piccolo's columns cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T05:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes"

INDEXES = {
    "webhooks_webhook_created_at": "webhooks_webhook (owner, created_at, id)",
    "webhooks_delivery_webhook": "webhooks_delivery (webhook, created_at, id)",
    "webhooks_delivery_ended_at": "webhooks_delivery (ended_at)",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="webhooks", description=DESCRIPTION)

    async def create() -> None:
        for name, columns in INDEXES.items():
            await Table.raw(f"CREATE INDEX {name} ON {columns}")

    async def drop() -> None:
        for name in INDEXES:
            await Table.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
