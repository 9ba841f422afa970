"""Changing a note: whoever comes second is merged, or told, and nothing is lost.

Merging takes time, so it is done before the transaction; only a note that changes again and again
meanwhile is held while it is merged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from core import Forbidden, transaction

from ..events import NoteRestored, NoteTrashed, NoteUpdated, NoteVersionEvent
from ..merging import merge
from ..names import key_of
from ..problems import InTrash, MergeConflict, NoteSide
from ..queries import notes as queries
from ..queries import revisions
from ..queries.tags import TagOn
from ..schemas import NoteOut, NoteRow
from . import changes, linking, placing, tagging
from .parts import editable, shown, tags_on
from .telling import tell_note
from .versions import refuse_unknown

TRIES = 2
COLUMNS = ("title", "text", "notebook", "pinned", "archived", "deleted_at")


class Plan(msgspec.Struct, frozen=True):
    """A note as it is, and as it shall be."""

    note: NoteRow
    had: list[TagOn]
    values: dict[str, Any]
    tags: list[str] | None
    merged: bool

    @property
    def is_idle(self) -> bool:
        """Whether nothing would change."""
        return not self.values and self.tags is None


_turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
"""Editors of one note in this worker take turns, so that they do not work in vain."""


async def merge_in(user: int, id: int, wanted: Mapping[str, Any], base: int | None) -> NoteOut:
    """Change a note as ``wanted`` by somebody who saw it at the version ``base`` (None: any).

    Call it outside a transaction. Raises NotFound, Forbidden, InTrash, MergeConflict,
    NoSuchNotebook, PreconditionFailed.
    """
    async with _turns.setdefault(id, asyncio.Lock()):
        for _ in range(TRIES):
            plan = await _plan(user, await editable(user, id), wanted, base)
            async with transaction():
                if not await placing.hold(user, plan.values):
                    continue
                if (changed := await _carry_out(user, plan)) is not None:
                    return changed
        return await edit(user, id, wanted, base)


async def edit(user: int, id: int, wanted: Mapping[str, Any], base: int | None) -> NoteOut:
    """Like ``merge_in``, with the note held from the beginning; inside a transaction or not."""
    async with transaction():
        await placing.hold(user, wanted)
        plan = await _plan(user, await editable(user, id, hold=True), wanted, base)
        changed = await _carry_out(user, plan)
    if changed is None:  # the right to change it was taken away this moment
        raise Forbidden("You may read this note, but not change it.")
    return changed


async def _plan(user: int, note: NoteRow, wanted: Mapping[str, Any], base: int | None) -> Plan:
    """Return what to write into a note.

    Raises MergeConflict, InTrash, NoSuchNotebook, Forbidden.
    """
    if note.deleted_at is not None and "deleted_at" not in wanted:
        raise InTrash("The note is in the trash. Restore it first.")
    had = (await tags_on(note.id))[note.id]
    wish = dict(wanted)
    if note.deleted_at is not None and wish["deleted_at"] is not None:
        wish["deleted_at"] = note.deleted_at
    if base is not None:
        refuse_unknown(base, note)
        if base < note.version:
            wish |= await _merged(note, had, wish, base)
    new = {name: value for name, value in wish.items() if name in COLUMNS}
    values = {name: value for name, value in new.items() if value != getattr(note, name)}
    await placing.check(user, note, values)
    tags = wish.get("tags")
    if tags is not None and _keys(tags) == _keys(tag.name for tag in had):
        tags = None
    merged = any(_differs(name, wish[name], wanted[name]) for name in wanted)
    return Plan(note, had, values, tags, merged)


def _differs(name: str, one: Any, other: Any) -> bool:
    return _keys(one) != _keys(other) if name == "tags" else bool(one != other)


def _keys(names: Any) -> set[str]:
    return {key_of(name) for name in names} - {""}


async def _merged(
    note: NoteRow, had: list[TagOn], wish: dict[str, Any], base: int
) -> dict[str, Any]:
    """Return title, text and tags with both changes in them. Raises MergeConflict."""
    revision = await revisions.at(note.id, base)
    if revision is None:
        return {}
    title = _one_of(revision.title, note.title, wish.get("title", revision.title))
    text = await merge(revision.text, note.text, wish.get("text", revision.text))
    if title is None or text is None:
        yours = NoteSide(wish.get("title", revision.title), wish.get("text", revision.text))
        old = NoteSide(revision.title, revision.text)
        raise MergeConflict(note.version, old, NoteSide(note.title, note.text), yours)
    found: dict[str, Any] = {"title": title, "text": text}
    if "tags" in wish:
        found["tags"] = await tagging.merged(tagging.decoded(revision.tags), had, wish["tags"])
    return {name: value for name, value in found.items() if name in wish}


def _one_of(base: str, theirs: str, yours: str) -> str | None:
    """Return the one that changed; None when both did, differently."""
    if yours in (base, theirs):
        return theirs
    return yours if theirs == base else None


async def _carry_out(user: int, plan: Plan) -> NoteOut | None:
    """Write a plan; None when the note has changed since. Runs in a transaction."""
    if plan.is_idle:
        return shown(plan.note, [tag.name for tag in plan.had])
    now = datetime.now(UTC)
    values = {**plan.values, "updated_at": now}
    if "title" in values:
        values["title_key"] = key_of(values["title"])
    before = plan.note
    note = await queries.change(
        before.id, user, before.version, *values.values(), changes=tuple(values)
    )
    if note is None:
        return None
    tags: list[Any] = plan.had
    if plan.tags is not None:
        tags = await tagging.wear(note.id, note.owner, plan.tags)
    if plan.tags is not None or note.title != before.title or note.text != before.text:
        kept = (note.title, note.text, tagging.encoded(tags))
        await revisions.add(note.id, note.version, *kept, user, now)
    await linking.write(note.id, note.owner, before.text, note.text)
    is_back = note.deleted_at is None and before.deleted_at is not None
    if note.title != before.title or is_back:
        await linking.take_title(note.id, note.owner, note.title)
    await tell_note(_kind(before, note), note, user)
    await _tell(before, note)
    out = shown(note, [tag.name for tag in tags])
    return msgspec.structs.replace(out, merged=True) if plan.merged else out


def _kind(before: NoteRow, note: NoteRow) -> type[NoteVersionEvent]:
    """Return what happened to a note."""
    if note.deleted_at == before.deleted_at:
        return NoteUpdated
    return NoteRestored if note.deleted_at is None else NoteTrashed


async def _tell(before: NoteRow, note: NoteRow) -> None:
    users = await changes.audience(note.owner, note.notebook)
    lost: set[int] = set()
    if note.notebook != before.notebook:
        lost = set(await changes.audience(before.owner, before.notebook)) - set(users)
    await changes.changed(note.id, note.version, users, lost)
