"""Delta sync: what changed since a client last asked, and what the client changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from core import Invalid

from ..problems import FullSyncNeeded
from ..queries import changes as queries
from ..queries import notes as note_queries
from ..queries.changes import ChangeRow
from ..schemas_sync import SyncedNote, SyncOut, SyncQuery
from .parts import shown, tags_on

CURSOR = re.compile(r"(\d{1,18})\.(\d{1,10})(?:\.(\d{1,18}))?", re.ASCII)
LAST = 2**31 - 1
MOST_CHARACTERS = 2_000_000


class Place(NamedTuple):
    """How far a client has come. ``started``: the counter when it began from the beginning."""

    number: int
    note: int
    started: int | None = None

    def __str__(self) -> str:
        return ".".join(str(part) for part in self if part is not None)


async def changed_since(user: int, query: SyncQuery) -> SyncOut:
    """Return what changed since a place, in portions. Raises Invalid, FullSyncNeeded."""
    place = _place(query.since)
    if place is None:
        last, _ = await queries.counter(user) or (0, 0)
        place = Place(0, 0, last)
    full = place.started is not None
    rows = await queries.since(user, place.number, place.note, query.limit + 1, gone=not full)
    last, purged = await queries.counter(user) or (0, 0)
    known = place.number if place.started is None else place.started
    if known < purged or known > last:
        raise FullSyncNeeded("Too much was forgotten since then. Sync again without `since`.")
    taken = _portion(rows, query.limit)
    more = len(taken) < len(rows)
    return SyncOut(await _notes(user, taken), str(_next(place, taken, more)), more)


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    found = CURSOR.fullmatch(text)
    if found is None or int(found[2]) > LAST:
        raise Invalid("`since` cannot be read. Send `next` of an answer just as it is.")
    started = None if found[3] is None else int(found[3])
    return Place(int(found[1]), int(found[2]), started)


def _portion(rows: Sequence[ChangeRow], limit: int) -> list[ChangeRow]:
    """Return the first rows whose texts are not too long together; at least one."""
    taken: list[ChangeRow] = []
    size = 0
    for row in rows[:limit]:
        size += row.size
        if taken and size > MOST_CHARACTERS:
            break
        taken.append(row)
    return taken


def _next(place: Place, taken: Sequence[ChangeRow], more: bool) -> Place:
    """Return where to go on. After all from the beginning: where that began, with tombstones."""
    if place.started is not None and not more:
        return Place(place.started, LAST)
    if not taken:
        return place
    return Place(taken[-1].number, taken[-1].note, place.started)


async def _notes(user: int, rows: Sequence[ChangeRow]) -> list[SyncedNote]:
    ids = [row.note for row in rows if not row.gone]
    found = await note_queries.of_ids(user, *ids, count=len(ids)) if ids else []
    tags = await tags_on(*(note.id for note in found))
    notes = {note.id: shown(note, [tag.name for tag in tags[note.id]]) for note in found}
    return [SyncedNote(row.note, notes.get(row.note)) for row in rows]
