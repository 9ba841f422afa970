"""What a note said before: list, compare, bring back, and thin out."""

from __future__ import annotations

from core import IfMatch, Invalid, NotFound, Page, page, transaction

from ..differences import diff as unified
from ..queries import revisions as queries
from ..schemas import (
    DiffOut,
    DiffQuery,
    NoteOut,
    NoteRevisionListed,
    NoteRevisionOut,
    NoteRevisionQuery,
    RevisionRow,
)
from .editing import edit
from .parts import held, number, seen
from .tagging import decoded


async def some(user: int, id: int, query: NoteRevisionQuery) -> Page[NoteRevisionListed]:
    """Return a page of a note's revisions. Raises NotFound."""
    await seen(user, id)
    return await page(
        query,
        NoteRevisionListed,
        lambda position, limit: queries.listed(id, limit, *(position or ()), sort=query.sort),
        lambda: number(queries.counted(id)),
    )


async def read(user: int, id: int, version: int) -> NoteRevisionOut:
    """Return the revision that began with a version. Raises NotFound."""
    await seen(user, id)
    return _out(await _kept(id, version))


async def _kept(id: int, version: int) -> RevisionRow:
    revision = await queries.find(id, version)
    if revision is None:
        raise NotFound(f"There is no revision {version} of this note.")
    return revision


def _out(row: RevisionRow) -> NoteRevisionOut:
    tags = [name for _, name in decoded(row.tags)]
    return NoteRevisionOut(row.version, row.title, row.text, tags, row.author, row.created_at)


async def restore(user: int, id: int, version: int, at: IfMatch) -> NoteOut:
    """Let a note say again what a revision said. Raises NotFound, Forbidden, PreconditionFailed."""
    async with transaction():
        await held(user, id, at)
        old = _out(await _kept(id, version))
        return await edit(user, id, {"title": old.title, "text": old.text, "tags": old.tags}, None)


async def diff(user: int, id: int, query: DiffQuery) -> DiffOut:
    """Return how the text of one version differs from that of another. Raises NotFound."""
    note = await seen(user, id)
    to = query.to or note.version
    if query.from_ > note.version or to > note.version:
        raise Invalid(f"The note has {note.version} versions so far.")
    before, after = await queries.at(id, query.from_), await queries.at(id, to)
    if before is None or after is None:
        raise NotFound("There is no revision of this note.")
    names = (f"version {query.from_}", f"version {to}")
    return DiffOut(query.from_, to, await unified(before.text, after.text, names))
