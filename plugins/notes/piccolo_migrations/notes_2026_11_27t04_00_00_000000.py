"""Indexes for the lists of a notebook, of pinned notes, and of the trash among many notes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-27T04:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "list indexes"

INDEXES = {
    "notes_note_in_notebook": "notes_note (notebook, updated_at, id)",
    "notes_note_pinned": "notes_note (owner, updated_at, id) WHERE pinned",
    "notes_note_trashed": "notes_note (owner, updated_at, id) WHERE deleted_at IS NOT NULL",
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="notes", description=DESCRIPTION)

    async def create() -> None:
        for name, columns in INDEXES.items():
            await Table.raw(f"CREATE INDEX {name} ON {columns}")

    async def drop() -> None:
        for name in INDEXES:
            await Table.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
