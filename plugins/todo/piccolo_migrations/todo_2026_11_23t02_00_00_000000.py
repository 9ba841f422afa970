"""Indexes over several columns, which Piccolo's columns cannot say."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T02:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes"

INDEXES = {
    "todo_project_inbox_unique": "todo_project (owner) WHERE inbox",
    "todo_project_created_at": "todo_project (owner, created_at, id)",
    "todo_project_name": "todo_project (owner, name, id)",
    "todo_task_created_at": "todo_task (owner, created_at, id)",
    "todo_task_updated_at": "todo_task (owner, updated_at, id)",
    "todo_task_priority": "todo_task (owner, priority, id)",
    "todo_task_title": "todo_task (owner, title, id)",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="todo", description=DESCRIPTION)

    async def create() -> None:
        for name, columns in INDEXES.items():
            kind = "UNIQUE INDEX" if name.endswith("_unique") else "INDEX"
            await Table.raw(f"CREATE {kind} {name} ON {columns}")

    async def drop() -> None:
        for name in INDEXES:
            await Table.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
