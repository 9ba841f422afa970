"""What may be done with tags. They belong to the owner of the notes they are on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from core import Invalid, NotFound, Page, is_duplicate, page, publish, savepoint, transaction

from ..names import key_of
from ..problems import TagTaken
from ..queries import tags as queries
from ..queries.notes import NotePlace
from ..schemas import NewNoteTag, NoteTagChange, NoteTagOut, NoteTagQuery
from . import changes
from .parts import number
from .telling import tell_notes


async def create(owner: int, new: NewNoteTag) -> NoteTagOut:
    """Add a tag. Raises TagTaken, and Invalid for a name of spaces."""
    name, key = _checked(new.name)
    id = await queries.add(owner, name, key, datetime.now(UTC))
    if id is None:
        raise TagTaken("Another tag has this name already.")
    await changes.told_anew("tags", [owner])
    return await read(owner, id)


def _checked(name: str) -> tuple[str, str]:
    if not (key := key_of(name)):
        raise Invalid("A tag needs a name that is more than spaces.")
    return name.strip(), key


async def read(owner: int, id: int) -> NoteTagOut:
    """Return a tag. Raises NotFound."""
    tag = await queries.find(id, owner)
    if tag is None:
        raise NotFound(f"You have no tag {id}.")
    return tag


async def some(owner: int, query: NoteTagQuery) -> Page[NoteTagOut]:
    """Return a page of the owner's tags."""
    return await page(
        query,
        NoteTagOut,
        lambda position, limit: queries.listed(owner, limit, *(position or ()), sort=query.sort),
        lambda: number(queries.counted(owner)),
    )


async def change(owner: int, id: int, body: NoteTagChange) -> NoteTagOut:
    """Rename a tag, on all notes. Raises NotFound, TagTaken."""
    tag = await read(owner, id)
    if not isinstance(body.name, str):
        return tag
    name, key = _checked(body.name)
    async with transaction():
        await queries.hold_notes(id)
        try:
            async with savepoint():
                renamed = await queries.rename(id, owner, name, key)
        except Exception as error:
            if is_duplicate(error):
                raise TagTaken("Another tag has this name already.") from None
            raise
        if renamed:
            await _tell(owner, await queries.count_up_notes(id))
    return await read(owner, id)


async def delete(owner: int, id: int) -> None:
    """Delete a tag; it is taken off all notes. Raises NotFound."""
    await read(owner, id)
    async with transaction():
        await queries.hold_notes(id)
        notes = await queries.count_up_notes(id)
        if not await queries.delete(id, owner):
            raise NotFound(f"You have no tag {id}.")
        await _tell(owner, notes)


async def _tell(owner: int, notes: Sequence[NotePlace]) -> None:
    """Tell the owner of a tag, and all who see the notes."""
    await tell_notes(notes, owner)
    audiences = await changes.audiences(owner, of_owner=True) if notes else {}
    seen: dict[int, list[int]] = defaultdict(list)
    for note in notes:
        for user in audiences.get(note.notebook or 0, {owner}):
            seen[user].append(note.id)
    await changes.record(seen, {})
    for note in notes:
        await publish(f"notes.note:{note.id}", {"kind": "tags", "note": note.id})
    await changes.told_anew("tags", [owner])
