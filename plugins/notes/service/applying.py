"""What clients changed while they were away: applied once, merged, or told why not."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from core import Conflict, IfMatch, Invalid, NotFound, Problem, transaction

from ..problems import MergeConflict
from ..queries import applied as queries
from ..schemas import NewNote, NoteOut
from ..schemas_sync import (
    ChangeOutcome,
    ChangeRefused,
    ClientChange,
    Conflicting,
    SyncResult,
)
from . import notes
from .editing import edit
from .parts import changes_of, seen, with_tags

OWN = ("uuid", "id", "base_version", "delete")


class BaseNeeded(Invalid):
    """A change of a note must say from which version it began."""

    code, title = "base_needed", "Base needed"


async def apply(user: int, changes: list[ClientChange]) -> SyncResult:
    """Apply changes in their order: each whole or not at all, and once, however often sent."""
    result = SyncResult([], [], [], [])
    for change in changes:
        try:
            kind, outcome = await _once(user, change)
        except MergeConflict as error:
            version = error.version if isinstance(error.version, int) else 0
            sides = (error.base, error.theirs, error.yours)
            result.conflicts.append(Conflicting(change.uuid, change.id or 0, version, *sides))
        except Problem as error:
            result.refused.append(ChangeRefused(change.uuid, error.code, error.detail))
        else:
            (result.merged if kind == "merged" else result.applied).append(outcome)
    return result


async def _once(user: int, change: ClientChange) -> tuple[str, ChangeOutcome]:
    uuid = change.uuid.lower()
    async with transaction():
        if await queries.claim(user, uuid, datetime.now(UTC)):
            id, kind, note = await _applied(user, change)
            await queries.keep(user, uuid, kind, id)
            return kind, ChangeOutcome(change.uuid, id, note)
    before = await queries.find(user, uuid)
    if before is None:
        raise Conflict("This change is being applied at this moment. Send it again.")
    return before.outcome, ChangeOutcome(
        change.uuid, before.note, await _current(user, before.note)
    )


async def _current(user: int, id: int) -> NoteOut | None:
    try:
        return await with_tags(await seen(user, id))
    except NotFound:
        return None


async def _applied(user: int, change: ClientChange) -> tuple[int, str, NoteOut | None]:
    wanted = {name: value for name, value in changes_of(change).items() if name not in OWN}
    if change.id is None:
        made = await notes.create(user, msgspec.convert(wanted, NewNote))
        return made.id, "applied", made
    if change.delete:
        await notes.trash_it(user, change.id, IfMatch())
        return change.id, "applied", await _current(user, change.id)
    if change.base_version is None:
        raise BaseNeeded("Say base_version: the version that this change began from.")
    note = await edit(user, change.id, wanted, change.base_version)
    return note.id, "merged" if note.merged is True else "applied", note
