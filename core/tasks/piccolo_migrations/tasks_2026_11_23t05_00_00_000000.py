"""Indexes over the rows in one state, which Piccolo's columns cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T05:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes"

INDEXES = {
    "tasks_task_key_unique": "(name, key) WHERE state = 'waiting' AND key IS NOT NULL",
    "tasks_task_due": "(run_at, id) WHERE state = 'waiting'",
    "tasks_task_lapsed": "(claimed_until, id) WHERE state = 'running'",
    "tasks_task_running": "(name, key) WHERE state = 'running'",
    "tasks_task_dead": "(ended_at, id) WHERE state = 'dead'",
    "tasks_task_state": "(state, created_at, id)",
    "tasks_task_created_at": "(created_at, id)",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="tasks", description=DESCRIPTION)

    async def create() -> None:
        for name, columns in INDEXES.items():
            kind = "UNIQUE INDEX" if name.endswith("_unique") else "INDEX"
            await Table.raw(f"CREATE {kind} {name} ON tasks_task {columns}")

    async def drop() -> None:
        for name in INDEXES:
            await Table.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
