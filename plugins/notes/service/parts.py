"""Parts that several services share."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import msgspec

from core import Forbidden, IfMatch, NotFound, stale

from ..queries import notes as queries
from ..queries import tags as tag_queries
from ..schemas import NoteOut, NoteRow


async def number(counted: Awaitable[int | None]) -> int:
    """Return what a counting query found."""
    return await counted or 0


def changes_of(body: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that a request wants changed."""
    found = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in found.items() if value is not msgspec.UNSET}


async def seen(user: int, id: int) -> NoteRow:
    """Return a note that ``user`` sees, also one in the trash. Raises NotFound."""
    note = await queries.find(id, user, edit=False, hold=False)
    if note is None:
        raise NotFound(f"You have no note {id}.")
    return note


async def editable(user: int, id: int, *, hold: bool = False) -> NoteRow:
    """Return a note that ``user`` may change; ``hold`` it. Raises NotFound, Forbidden."""
    note = await queries.find(id, user, edit=True, hold=hold)
    if note is None:
        await seen(user, id)
        raise Forbidden("You may read this note, but not change it.")
    return note


async def held(user: int, id: int, at: IfMatch) -> NoteRow:
    """Return a note that ``user`` may change, and hold it at one of the versions ``at``, if any.

    Call it in a transaction. Raises NotFound, Forbidden, PreconditionFailed.
    """
    note = await editable(user, id, hold=True)
    if at and note.version not in at:
        raise stale(note, "note")
    return note


async def owned(user: int, id: int) -> NoteRow:
    """Return a note of ``user``'s own. Raises NotFound, Forbidden."""
    note = await seen(user, id)
    if note.owner != user:
        raise Forbidden("Only the owner of the note may do this.")
    return note


async def tags_on(*notes: int) -> dict[int, list[tag_queries.TagOn]]:
    """Return the tags of each of some notes."""
    found: dict[int, list[tag_queries.TagOn]] = {note: [] for note in notes}
    if notes:
        for tag in await tag_queries.on(*notes, count=len(notes)):
            found[tag.note].append(tag)
    return found


def shown(note: NoteRow, tags: list[str]) -> NoteOut:
    """Return a note as it goes over the wire."""
    return NoteOut(**msgspec.structs.asdict(note), tags=tags)


async def with_tags(note: NoteRow) -> NoteOut:
    """Return a note with its tags."""
    return shown(note, [tag.name for tag in (await tags_on(note.id))[note.id]])
