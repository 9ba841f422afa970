"""Indexes over several columns, and an order for what was there before."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T04:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of all of it"

INDEXES = {
    "todo_project_order": 'todo_project (owner, "order", id)',
    "todo_project_updated_at": "todo_project (owner, updated_at, id)",
    "todo_project_trash": "todo_project (owner, trashed_at, id) WHERE trashed_at IS NOT NULL",
    "todo_member_unique": "todo_member (project, person)",
    "todo_member_person": "todo_member (person, project)",
    "todo_member_created_at": "todo_member (project, created_at, id)",
    "todo_task_order": 'todo_task (project, "order", id)',
    "todo_task_due": "todo_task (owner, due, id)",
    "todo_task_parent": "todo_task (parent) WHERE parent IS NOT NULL",
    "todo_task_trash": "todo_task (owner, trashed_at, id) WHERE trashed_at IS NOT NULL",
    "todo_completion_task": "todo_completion (task, completed_at, id)",
    "todo_completion_person": "todo_completion (person)",
    "todo_comment_task": "todo_comment (task, created_at, id)",
    "todo_comment_author": "todo_comment (author)",
    "todo_label_name_unique": "todo_label (owner, name)",
    "todo_reminder_task": "todo_reminder (task, created_at, id)",
    "todo_reminder_person": "todo_reminder (person)",
    "todo_reminder_fire_at": "todo_reminder (fire_at) WHERE fire_at IS NOT NULL",
    "todo_preference_person_unique": "todo_preference (person)",
    "todo_feed_person_unique": "todo_feed (person)",
    "todo_command_unique": "todo_command (person, uuid)",
    "todo_command_temp_id": "todo_command (person, temp_id) WHERE temp_id IS NOT NULL",
    "todo_change_scope": "todo_change (scope, moment, id)",
    "todo_change_thing": "todo_change (kind, thing, id)",
    "todo_change_before": "todo_change (at) WHERE before IS NOT NULL",
}

MICROSECONDS = {
    "sqlite": "CAST(round((julianday(created_at) - 2440587.5) * 86400000000.0) AS INTEGER)",
    "postgres": "CAST(extract(epoch FROM created_at) * 1000000 AS BIGINT)",
}
BY_BYTES = (
    'todo_project ALTER COLUMN "order" TYPE varchar(100)',
    'todo_task ALTER COLUMN "order" TYPE varchar(100)',
    "todo_task ALTER COLUMN due TYPE varchar(16)",
)
"""What is compared as bytes, whatever language the database sorts in."""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def key(microseconds: int) -> str:
    """Return an order key that sorts as the times do (see plugins/todo/ordering.py)."""
    text = ""
    for _ in range(9):
        microseconds, digit = divmod(microseconds, 62)
        text = DIGITS[digit] + text
    return f"i{text}"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="todo", description=DESCRIPTION)

    async def create() -> None:
        if Table._meta.db.engine_type == "postgres":
            for column in BY_BYTES:
                await Table.raw(f'ALTER TABLE {column} COLLATE "C"')
        moment = MICROSECONDS[Table._meta.db.engine_type]
        for table in ("todo_project", "todo_task"):
            for row in await Table.raw(
                f"SELECT id, {moment} AS moment FROM {table} WHERE \"order\" = ''"
            ):
                order = f"UPDATE {table} SET \"order\" = {{}} WHERE id = {{}}"
                await Table.raw(order, key(int(row["moment"])), row["id"])
        for name, columns in INDEXES.items():
            kind = "UNIQUE INDEX" if name.endswith("_unique") else "INDEX"
            await Table.raw(f"CREATE {kind} {name} ON {columns}")

    async def drop() -> None:
        for name in INDEXES:
            await Table.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
