"""The delta sync: commands are carried out once, then what changed since last time is told.

A cursor holds the snapshot that its owner has seen, and while pages are read, how far they are. It
is read again and again without harm: what it tells is how things are now, not what happened.
"""

from __future__ import annotations

import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core import Invalid

from ..queries import syncing as queries
from ..queries.syncing import KINDS
from ..schemas_sync import CommandOut, Gone, SyncIn, SyncOut
from ..settings import TodoSettings
from .projects import ensure_inbox

DAY = 86_400
LARGEST_ID = 2**31 - 1
MOST_PROJECTS = 500
"""Who has gained or lost more reads everything: a cursor names each of them."""

SNAPSHOT = re.compile(r"[0-9]{1,19}(:[0-9]{1,19}:([0-9]{1,19}(,[0-9]{1,19})*)?)?")
Number = Annotated[int, Meta(ge=0, le=2**62)]


class Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Where somebody is. ``since``: seen before; ``until``: seen when these pages are through.

    ``at``: when ``since`` was taken. ``fill``: projects to tell in full, None for everything.
    ``kind``: which of KINDS is being told in full, beyond them the changes. ``moment`` and ``last``
    are the place in it.
    """

    since: Annotated[str, Meta(max_length=8000)]
    until: Annotated[str, Meta(max_length=8000)]
    at: Number
    began: Number
    fill: list[Annotated[int, Meta(ge=1, le=2**31 - 1)]] | None = []
    kind: Annotated[int, Meta(ge=0, le=len(KINDS))] = len(KINDS)
    moment: Number = 0
    last: Number = 0
    gone: list[Annotated[int, Meta(ge=1, le=2**31 - 1)]] = []


_decoder = msgspec.json.Decoder(Cursor)


async def pull(
    user: int,
    asked: SyncIn,
    settings: TodoSettings,
    commands: dict[str, CommandOut],
    ids: dict[str, int],
) -> SyncOut:
    """Return a page of what changed since ``asked.since``, with the answers to commands."""
    cursor, full = await _begin(user, asked.since, settings)
    found: dict[str, dict[int, Any]] = {kind: {} for kind in KINDS}
    gone = {kind: set[int]() for kind in KINDS}
    gone["project"].update(cursor.gone)
    cursor.gone = []
    room = asked.limit
    while room > 0 and cursor.kind < len(KINDS):
        room -= await _fill(user, cursor, found, room)
    more = room <= 0
    if not more and cursor.since:
        more = await _changes(user, cursor, found, gone, room)
    if not more:
        cursor = Cursor(cursor.until, "", cursor.began, 0)
    told = {kind: list(found[kind].values()) for kind in KINDS}
    lost = {kind: sorted(gone[kind] - set(found[kind])) for kind in KINDS}
    return SyncOut(
        _encode(cursor),
        more,
        full,
        told["project"],
        told["task"],
        told["comment"],
        told["label"],
        told["reminder"],
        Gone(lost["project"], lost["task"], lost["comment"], lost["label"], lost["reminder"]),
        commands,
        ids,
    )


def _encode(cursor: Cursor) -> str:
    return urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def _decode(text: str) -> Cursor:
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        cursor = _decoder.decode(raw)
        for text in filter(None, (cursor.since, cursor.until)):
            _check(text)
    except (ValueError, msgspec.MsgspecError):
        raise Invalid("since cannot be read. Send the cursor of last time just as it is.") from None
    return cursor


def _check(snapshot: str) -> None:
    """Raise ValueError for what no database can have said."""
    if not SNAPSHOT.fullmatch(snapshot):
        raise ValueError(snapshot)
    numbers = [int(each) for each in re.split("[:,]", snapshot) if each]
    if max(numbers) >= 2**62 or numbers[0] < (":" in snapshot):
        raise ValueError(snapshot)
    first, *rest = numbers
    running = rest[1:]
    if rest and not (first <= rest[0] and running == sorted(set(running))):
        raise ValueError(snapshot)
    if any(not first <= each < rest[0] for each in running):
        raise ValueError(snapshot)


async def _begin(user: int, since: str | None, settings: TodoSettings) -> tuple[Cursor, bool]:
    """Return where to go on, and whether everything is told from the beginning."""
    cursor = None if since is None else _decode(since)
    now, until = int(time.time()), await queries.snapshot() or "0"
    if cursor is not None and _foreign(cursor, until):
        cursor = None
    if cursor is not None and cursor.until:
        return cursor, False
    changed: list[int] = []
    if cursor is not None:
        rows = await queries.access(-user, cursor.since, _lowest(cursor.since))
        changed = [row[0] for row in rows]
    away = cursor is None or now - cursor.at > settings.sync_days * DAY
    if cursor is None or away or len(changed) > MOST_PROJECTS:
        await ensure_inbox(user)
        return Cursor("", until, 0, now, None, 0), True
    seen = await _visible_projects(user, changed)
    lost = sorted(set(changed) - set(seen))
    first = 0 if seen else len(KINDS)
    return Cursor(cursor.since, until, cursor.at, now, seen, first, gone=lost), False


def _foreign(cursor: Cursor, until: str) -> bool:
    """Tell whether a cursor is of another database, or of a time that a backup has taken back."""
    given = [text for text in (cursor.since, cursor.until) if text]
    alike = all((":" in text) is (":" in until) for text in given)
    return not alike or any(_highest(text) > _highest(until) for text in given)


def _lowest(snapshot: str) -> int:
    """Return the first transaction, or the last number, that a snapshot does not fully hold."""
    return int(snapshot.split(":")[0] or 0)


def _highest(snapshot: str) -> int:
    return int((snapshot.split(":") * 2)[1] or 0)


async def _visible_projects(user: int, ids: list[int]) -> list[int]:
    if not ids:
        return []
    found = await queries.things(user, "project", queries.inside("project", ids))
    return [project.id for project in found]


async def _fill(user: int, cursor: Cursor, found: dict[str, dict[int, Any]], room: int) -> int:
    """Tell things of one kind in full; return how many, and go on to the next kind when done."""
    kind = KINDS[cursor.kind]
    where = [queries.behind(kind, min(cursor.last, LARGEST_ID))]
    if cursor.fill is not None:
        where += queries.inside(kind, cursor.fill)
    things = await queries.things(user, kind, where, room)
    found[kind].update((thing.id, thing) for thing in things)
    if len(things) < room:
        cursor.kind, cursor.last = cursor.kind + 1, 0
    else:
        cursor.last = things[-1].id
    return len(things)


async def _changes(
    user: int,
    cursor: Cursor,
    found: dict[str, dict[int, Any]],
    gone: dict[str, set[int]],
    room: int,
) -> bool:
    """Tell what changed, and whether there is more of it."""
    rows = await queries.changes(
        user, -user, cursor.since, _lowest(cursor.since), cursor.moment, cursor.last, room
    )
    touched: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for moment, id, kind, thing, scope in rows:
        cursor.moment, cursor.last = moment, id
        if kind in touched:
            touched[kind].add(thing)
        elif kind == "member":  # what somebody is in a project is shown with it
            touched["project"].add(scope)
    for kind, ids in touched.items():
        if ids:
            things = await queries.things(user, kind, [queries.one_of(kind, sorted(ids))])
            found[kind].update((thing.id, thing) for thing in things)
            gone[kind] |= ids - {thing.id for thing in things}
    return len(rows) == room
