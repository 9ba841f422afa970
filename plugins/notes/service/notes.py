"""What may be done with notes. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from core import (
    Forbidden,
    IfMatch,
    NotFound,
    Page,
    PageQuery,
    page,
    publish,
    recheck,
    stale,
    transaction,
)

from ..events import NoteCreated, NoteDeleted
from ..names import key_of
from ..queries import notes as queries
from ..queries import revisions
from ..rendering import rendered
from ..schemas import (
    BacklinkQuery,
    ListedRow,
    NewNote,
    NoteChange,
    NoteListed,
    NoteOut,
    NoteQuery,
    NoteRow,
    ReadQuery,
    TrashQuery,
    WholeNote,
)
from . import changes, linking, tagging
from .editing import edit, merge_in
from .parts import changes_of, held, number, seen, shown, tags_on, with_tags
from .placing import owner_in
from .telling import tell_note
from .versions import base_of


async def create(user: int, new: NewNote) -> NoteOut:
    """Add a note; in a notebook it belongs to whom the notebook belongs. Raises NoSuchNotebook."""
    async with transaction():
        owner = await owner_in(user, new.notebook)
        now = datetime.now(UTC)
        note, tags = await add(user, owner, new, now, now)
        await changes.changed(note.id, note.version, await changes.audience(owner, note.notebook))
    return shown(note, tags)


async def add(
    user: int, owner: int, new: NewNote, created_at: datetime, updated_at: datetime
) -> tuple[NoteRow, list[str]]:
    """Write a note with its tags, links and first revision; who sees it is told by the caller."""
    note = await queries.add(
        *(owner, new.notebook, new.title, key_of(new.title), new.text),
        *(new.pinned, new.archived, created_at, updated_at),
    )
    tags = await tagging.wear(note.id, owner, new.tags) if new.tags else []
    kept = (note.title, note.text, tagging.encoded(tags))
    await revisions.add(note.id, note.version, *kept, user, updated_at)
    await linking.write(note.id, owner, "", note.text)
    await linking.take_title(note.id, owner, note.title)
    await tell_note(NoteCreated, note, user)
    return note, [tag.name for tag in tags]


async def read(user: int, id: int, query: ReadQuery) -> NoteOut:
    """Return a note. Raises NotFound."""
    note = await with_tags(await seen(user, id))
    if query.render is None:
        return note
    html = await rendered(note.text, await linking.targets(id))
    return msgspec.structs.replace(note, html=html)


async def change(user: int, id: int, body: NoteChange | WholeNote, at: IfMatch) -> NoteOut:
    """Change a note, merged with what others changed since its base. See ``merge_in``."""
    wanted = changes_of(body)
    wanted.pop("base_version", None)
    return await merge_in(user, id, wanted, base_of(at, body.base_version))


async def delete(user: int, id: int, at: IfMatch) -> None:
    """Delete a note of ``user``'s own that is in the trash for good.

    Raises NotFound, Forbidden, PreconditionFailed.
    """
    async with transaction():
        note = await held(user, id, at)
        if note.owner != user:
            raise Forbidden("Only the owner of the note may do this.")
        if note.deleted_at is None:
            raise NotFound(f"You have no note {id} in the trash.")
        await purge(note, user)


async def trash_it(user: int, id: int, at: IfMatch) -> None:
    """Put a note into the trash; one that is there stays, so that asking twice deletes nothing.

    Links to it and its channel are cut. Raises NotFound, Forbidden, PreconditionFailed.
    """
    async with transaction():
        if (await held(user, id, at)).deleted_at is not None:
            return
        await edit(user, id, {"deleted_at": datetime.now(UTC)}, None)
        await publish(f"notes.note:{id}", {"kind": "gone", "note": id})
        await recheck(f"notes.note:{id}")


async def purge(note: NoteRow | queries.NotePlace, actor: int | None) -> None:
    """Delete a note for good; those who saw it are told. Raises PreconditionFailed."""
    async with transaction():
        if await queries.purge(note.id, note.owner, note.version) is None:
            raise stale(await queries.find(note.id, note.owner, edit=False, hold=False), "note")
        users = await changes.audience(note.owner, note.notebook)
        await tell_note(NoteDeleted, note, actor)
        await changes.purged(note.id, users)


async def restore(user: int, id: int, at: IfMatch) -> NoteOut:
    """Bring a note back from the trash; one that is not there stays as it is."""
    async with transaction():
        await held(user, id, at)
        return await edit(user, id, {"deleted_at": None}, None)


async def some(user: int, query: NoteQuery) -> Page[NoteListed]:
    """Return a page of the notes that ``user`` sees."""
    shape = {"archived" if query.archived else "current"}
    shape |= {name for name in ("notebook", "tag") if getattr(query, name) is not None}
    if query.pinned is not None:
        shape.add("pinned" if query.pinned else "loose")
    tag = None if query.tag is None else key_of(query.tag)
    return await _page(user, query, (query.notebook, tag, None), shape)


async def trash(user: int, query: TrashQuery) -> Page[NoteListed]:
    """Return a page of the notes in the trash."""
    return await _page(user, query, (None, None, None), {"trash"})


async def backlinks(user: int, id: int, query: BacklinkQuery) -> Page[NoteListed]:
    """Return a page of the notes that lead to another. Raises NotFound."""
    await seen(user, id)
    return await _page(user, query, (None, None, id), {"target"})


async def _page(
    user: int, query: PageQuery, given: tuple[Any, ...], parts: set[str]
) -> Page[NoteListed]:
    if not await queries.is_member(user):
        parts.add("alone")
    shape = frozenset(parts)
    sort: str = query.sort  # type: ignore[attr-defined]

    async def read(position: Any, limit: int) -> list[NoteListed]:
        rows = await queries.listed(user, *given, limit, *(position or ()), sort=sort, shape=shape)
        return await _listed(rows)

    return await page(
        query, NoteListed, read, lambda: number(queries.counted(user, *given, shape=shape))
    )


async def _listed(rows: Sequence[ListedRow]) -> list[NoteListed]:
    tags = await tags_on(*(row.id for row in rows))
    return [
        NoteListed(**msgspec.structs.asdict(row), tags=[tag.name for tag in tags[row.id]])
        for row in rows
    ]


async def may_follow(user: int, rest: str) -> bool:
    """Tell whether ``user`` may follow a note: they see it, and it is not in the trash."""
    if not rest.isdecimal() or len(rest) > 9:
        return False
    try:
        note = await seen(user, int(rest))
    except NotFound:
        return False
    return note.deleted_at is None
