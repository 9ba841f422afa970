"""Indexes over several columns, and the full-text index."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

from core import create_search_index, drop_search_index

ID = "2026-11-23T05:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes"

INDEXES = {
    "notes_notebook_name": 'notes_notebook (owner, name, id)',
    "notes_notebook_created_at": 'notes_notebook (owner, created_at, id)',
    "notes_member_unique": 'notes_member (notebook, "user")',
    "notes_member_created_at": 'notes_member (notebook, created_at, id)',
    "notes_note_updated_at": 'notes_note (owner, updated_at, id)',
    "notes_note_created_at": 'notes_note (owner, created_at, id)',
    "notes_note_title": 'notes_note (owner, title, id)',
    "notes_note_title_key": 'notes_note (owner, title_key)',
    "notes_note_trash": 'notes_note (deleted_at) WHERE deleted_at IS NOT NULL',
    "notes_tag_unique": 'notes_tag (owner, "key")',
    "notes_tag_name": 'notes_tag (owner, name, id)',
    "notes_tag_created_at": 'notes_tag (owner, created_at, id)',
    "notes_note_tag_unique": 'notes_note_tag (note, tag)',
    "notes_revision_unique": 'notes_revision (note, version)',
    "notes_link_unique": 'notes_link (note, "key")',
    "notes_link_key": 'notes_link ("key")',
    "notes_share_created_at": 'notes_share (note, created_at, id)',
    "notes_change_unique": 'notes_change ("user", note)',
    "notes_change_number": 'notes_change ("user", number, note)',
    "notes_applied_unique": 'notes_applied ("user", uuid)',
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="notes", description=DESCRIPTION)

    async def create() -> None:
        for name, columns in INDEXES.items():
            kind = "UNIQUE INDEX" if name.endswith("_unique") else "INDEX"
            await Table.raw(f"CREATE {kind} {name} ON {columns}")
        await create_search_index("notes_note", ["title", "text"])

    async def drop() -> None:
        await drop_search_index("notes_note")
        for name in INDEXES:
            await Table.raw(f"DROP INDEX {name}")

    manager.add_raw(create)
    manager.add_raw_backwards(drop)
    return manager
