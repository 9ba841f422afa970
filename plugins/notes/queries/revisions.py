"""The queries of revisions, each built once. Who may see the note is asked before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.query.base import Query

from core import columns, compiled, compiled_one, in_order, limited

from ..schemas import NoteRevisionListed, RevisionRow
from ..tables import Revision


@compiled(int)
def add(
    note: int, version: int, title: str, text: str, tags: str, author: int, now: datetime
) -> Any:
    """Keep what a note says from a version on."""
    revision = Revision(
        note=note,
        version=version,
        title=title,
        text=text,
        tags=tags,
        author=author,
        created_at=now,
    )
    return Revision.insert(revision).returning(Revision.id)


@compiled_one(RevisionRow)
def at(note: int, version: int) -> Any:
    """Return what a note said at a version: the last revision up to it."""
    query = (
        Revision.select(*columns(Revision, RevisionRow))
        .where(Revision.note == note, Revision.version <= version)
        .order_by(Revision.version, ascending=False)
    )
    return limited(query, 1)


@compiled_one(RevisionRow)
def find(note: int, version: int) -> Any:
    """Return the revision that began with a version."""
    return Revision.select(*columns(Revision, RevisionRow)).where(
        Revision.note == note, Revision.version == version
    )


@compiled(NoteRevisionListed)
def listed(note: int, limit: int, *position: Any, sort: str) -> Query[Any, Any]:
    """Return some revisions of a note, those behind a position."""
    query = Revision.select(*columns(Revision, NoteRevisionListed)).where(Revision.note == note)
    after = (position[0], position[1]) if position else None
    return limited(in_order(query, sort, after), limit)


@compiled_one(int)
def counted(note: int) -> Any:
    """Count the revisions of a note."""
    return Revision.count().where(Revision.note == note)
