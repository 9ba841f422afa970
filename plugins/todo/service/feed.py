"""The calendar feed: due tasks as iCalendar (RFC 5545) behind a secret address.

Each task is an event, for that is what calendars show from a feed, at its own local time: all day,
wherever one is, or in its zone. What repeats is told with its rule.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from icalendar import Calendar, Event, vRecur
from piccolo.querystring import QueryString

from core import NotFound, User, compiled

from ..due import DAY, zone
from ..queries.listing import NOT_ARCHIVED, OWNED, SHARED_IN_USE
from ..recurrence import end_of
from ..schemas_more import FeedOut
from ..tables import Feed

MOST = 2000
LENGTH = timedelta(minutes=30)
BACK = 90
"""Days back that the feed still shows."""

ZONES = 30
"""Years ahead for which changes of the clocks are told."""

LONGEST = 2000
"""How much of a description is shown."""

REMEMBERED = 16
"""Calendars that a worker remembers."""


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def read(user: int) -> FeedOut:
    """Tell whether somebody has a feed."""
    rows = await Feed.select(Feed.created_at).where(Feed.person == user)
    return FeedOut(True, rows[0]["created_at"]) if rows else FeedOut(False)


async def make(user: int, address: str) -> FeedOut:
    """Make a new secret address; the one before is none any more."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    await _keep(user, digest(token), now)
    return FeedOut(True, now, f"{address}?token={token}")


@compiled(int)
def _keep(user: int, digest: str, now: datetime) -> Any:
    return QueryString(
        'INSERT INTO "todo_feed" ("person", "digest", "created_at") VALUES ({}, {}, {})'
        " ON CONFLICT (person) DO UPDATE SET digest = excluded.digest,"
        " created_at = excluded.created_at RETURNING id",
        *(user, digest, now),
    )


async def revoke(user: int) -> None:
    """Take the feed away. Nothing happens to who has none."""
    await Feed.delete().where(Feed.person == user)


def _row(*values: Any) -> tuple[Any, ...]:
    return values


@compiled(_row)
def _due(user: int, since: str, most: int) -> Any:
    named = (
        f'"id", "title", substr("description", 1, {LONGEST}), "priority", "due", "due_tz", "rule",'
        ' "updated_at", "version"'
    )
    where = f"{OWNED} AND {NOT_ARCHIVED} OR {SHARED_IN_USE}"
    return QueryString(
        f'SELECT {named} FROM "todo_task" WHERE ({where}) AND "due" >= {{}} AND NOT'  # noqa: S608
        ' "done" AND "trashed_at" IS NULL ORDER BY "due", "id" LIMIT {}',
        *(user, user, user, since, most),
    )


async def calendar(token: str, host: str) -> bytes:
    """Return the feed that a token leads to. Raises NotFound."""
    rows = await Feed.select(Feed.person).where(
        Feed.digest == digest(token),
        Feed.person.is_in(User.select(User.id).where(User.active.eq(True))),
    )
    if not rows:
        raise NotFound("There is no calendar here. Make a new address for it.")
    since = (datetime.now(UTC).date() - timedelta(days=BACK)).isoformat()
    events = await _due(rows[0]["person"], since, MOST)
    return await asyncio.to_thread(_written, tuple(events), host, datetime.now(UTC).year)


@lru_cache(maxsize=REMEMBERED)
def _written(rows: tuple[tuple[Any, ...], ...], host: str, year: int) -> bytes:
    """Return a calendar of tasks, with what readers must know of their zones (RFC 5545, 3.6.5).

    Programs ask for it again and again, and writing it takes up to a second.
    """
    found = Calendar()
    found.add("prodid", "-//Tenfold//Todo//EN")
    found.add("version", "2.0")
    found.add("x-wr-calname", "Tasks")
    for row in rows:
        found.add_component(_event(host, *row))
    found.add_missing_timezones(date(year - 1, 1, 1), date(year + ZONES, 1, 1))
    return bytes(found.to_ical())


def _event(
    host: str,
    id: int,
    title: str,
    description: str,
    priority: int,
    due: str,
    due_tz: str | None,
    rule: str | None,
    updated_at: datetime,
    version: int,
) -> Event:
    event = Event()
    event.add("uid", f"todo-task-{id}@{host}")
    event.add("dtstamp", updated_at)
    event.add("last-modified", updated_at)
    event.add("sequence", version)
    event.add("summary", _printable(title))
    if description:
        event.add("description", _printable(description))
    if priority:
        event.add("priority", {1: 9, 2: 5, 3: 3, 4: 1}[priority])
    if len(due) == DAY:
        event.add("dtstart", date.fromisoformat(due))
    else:
        start = datetime.fromisoformat(due)
        event.add("dtstart", start.replace(tzinfo=zone(due_tz)) if due_tz else start)
        event.add("duration", LENGTH)
    event.add("transp", "TRANSPARENT")
    if rule:
        event.add("rrule", _repeated(rule, due, due_tz))
    return event


def _repeated(rule: str, due: str, due_tz: str | None) -> vRecur:
    """Return a rule whose UNTIL is of the kind of its start, or in UTC (RFC 5545, 3.3.10)."""
    found: vRecur = vRecur.from_ical(rule)
    if (end := end_of(rule)) is not None:
        zoned = end.replace(tzinfo=zone(due_tz)).astimezone(UTC) if due_tz else end
        found["UNTIL"] = [end.date() if len(due) == DAY else zoned]
    return found


def _printable(text: str) -> str:
    """Return a text without the control characters that a calendar may not hold."""
    return "".join(each for each in text if each >= " " or each in "\n\t")
