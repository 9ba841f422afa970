"""What staff see of notes in the admin: whose they are and how many, to read; people write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from piccolo_admin.endpoints import TableConfig
from piccolo_api.crud.hooks import Hook, HookType

from core import Forbidden

from .tables import Member, Note, Notebook, Share, Tag


def panels() -> Sequence[TableConfig]:
    """Return the tables of the admin, with the columns worth seeing."""
    note = [Note.id, Note.owner, Note.notebook, Note.title, Note.archived, Note.deleted_at]
    share = [Share.id, Share.note, Share.name, Share.expires_at, Share.views, Share.created_at]
    return [
        _read_only(Notebook, [Notebook.id, Notebook.owner, Notebook.parent, Notebook.name]),
        _read_only(Member, [Member.id, Member.notebook, Member.user, Member.role]),
        _read_only(Note, [*note, Note.version, Note.updated_at]),
        _read_only(Tag, [Tag.id, Tag.owner, Tag.name]),
        _read_only(Share, share),
    ]


def _read_only(table: Any, shown: list[Any]) -> TableConfig:
    return TableConfig(
        table,
        visible_columns=shown,
        visible_filters=shown[1:4],
        hooks=[
            Hook(HookType.pre_save, refuse),
            Hook(HookType.pre_patch, refuse_change),
            Hook(HookType.pre_delete, refuse_delete),
        ],
    )


READ_ONLY = "Notes are written by people: a change here would escape merging and sync."


async def refuse(row: Any) -> Any:
    """Refuse a new row."""
    raise Forbidden(READ_ONLY)


async def refuse_change(row_id: int, values: dict[Any, Any]) -> dict[Any, Any]:
    """Refuse a change."""
    raise Forbidden(READ_ONLY)


async def refuse_delete(row_id: int) -> None:
    """Refuse a deletion."""
    raise Forbidden(READ_ONLY)
