"""The query of an export, built once."""

from __future__ import annotations

from typing import Any

from core import columns, compiled, limited

from ..schemas import NoteRow
from ..tables import Note


@compiled(NoteRow)
def portion(owner: int, after: int, limit: int) -> Any:
    """Return some of somebody's own notes, in the order of their ids."""
    query = Note.select(*columns(Note, NoteRow)).where(
        Note.owner == owner, Note.id > after, Note.deleted_at.is_null()
    )
    return limited(query.order_by(Note.id), limit)
