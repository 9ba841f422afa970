"""Fewer indexes to write with each task, and ids of changes that do not run out."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T05:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "fewer indexes"

DROPPED = {
    "todo_change_before": "todo_change (at) WHERE before IS NOT NULL",
    "todo_task_project": "todo_task (project)",
}
ADDED = {"todo_project_archived": "todo_project (owner) WHERE archived"}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="todo", description=DESCRIPTION)

    async def change() -> None:
        if Table._meta.db.engine_type == "postgres":
            await Table.raw("ALTER TABLE todo_change ALTER COLUMN id TYPE bigint")
            await Table.raw("ALTER SEQUENCE todo_change_id_seq AS bigint")
        for name in DROPPED:
            await Table.raw(f"DROP INDEX {name}")
        for name, columns in ADDED.items():
            await Table.raw(f"CREATE INDEX {name} ON {columns}")

    async def undo() -> None:
        for name in ADDED:
            await Table.raw(f"DROP INDEX {name}")
        for name, columns in DROPPED.items():
            await Table.raw(f"CREATE INDEX {name} ON {columns}")

    manager.add_raw(change)
    manager.add_raw_backwards(undo)
    return manager
