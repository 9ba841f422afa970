"""When something is due: on a day, at a local time wherever one is, or at a time in a zone.

Kept as the local text that a person wrote (``2030-01-31`` or ``2030-01-31T09:00``), so that a day
stays that day everywhere; the moment is kept beside it where there is a zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from core import Invalid

from .schemas import Due, DueOut

FIRST, LAST = date(1970, 1, 2), date(9000, 1, 1)
DAY = 10
"""The length of a text that is a day without a time."""


class NoSuchZone(Invalid):
    """The time zone is not one of the IANA database."""

    code, title = "no_such_zone", "No such time zone"


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name: name for name in available_timezones() if name not in ("localtime", "Factory")}


def zone(name: str) -> ZoneInfo:
    """Return a time zone. Raises NoSuchZone."""
    if name not in _zones():
        raise NoSuchZone(f"There is no time zone {name!r}. Write one as in Europe/Berlin.")
    return ZoneInfo(name)


def text_of(due: Due) -> str:
    """Return the local text that is kept. Raises Invalid for days beyond any calendar."""
    if not FIRST <= due.date <= LAST:
        raise Invalid(f"A task is due between {FIRST} and {LAST}.")
    if due.time is None and due.tz is not None:
        raise Invalid("A task that is due all day has no time zone: leave out tz, or say the time.")
    return due.date.isoformat() if due.time is None else f"{due.date}T{due.time}"


def columns_of(due: Due | None) -> dict[str, Any]:
    """Return the columns of a task that say when it is due. Raises Invalid, NoSuchZone."""
    if due is None:
        return {"due": None, "due_tz": None, "due_at": None}
    return columns_at(text_of(due), due.tz)


def columns_at(text: str, tz: str | None) -> dict[str, Any]:
    """Return the columns for a local text in a zone."""
    return {"due": text, "due_tz": tz, "due_at": moment_of(text, tz) if tz else None}


def moment_of(text: str, tz: str, *, morning: str = "09:00") -> datetime:
    """Return the moment of a local text in a zone; a day counts from ``morning`` on.

    A time that a clock change leaves out is that much later, one that comes twice the first of
    them (PEP 495, fold 0). The text stays, so that the next day keeps its hour.
    """
    local = datetime.fromisoformat(text if len(text) > DAY else f"{text}T{morning}")
    return local.replace(tzinfo=zone(tz)).astimezone(UTC)


def out(text: str | None, tz: str | None) -> DueOut | None:
    """Return what goes on the wire."""
    return None if text is None else DueOut(text[:DAY], text[DAY + 1 :] or None, tz)


def text_out(due: DueOut | None) -> str | None:
    """Return the local text of what went on the wire."""
    if due is None:
        return None
    return due.date if due.time is None else f"{due.date}T{due.time}"


def today(tz: str, now: datetime) -> date:
    """Return the day that it is in a zone."""
    return now.astimezone(zone(tz)).date()


def window(days: int, tz: str, now: datetime) -> tuple[str, str, str, str, datetime, datetime]:
    """Return the bounds of today and ``days`` more: outer texts, own texts, and moments.

    What has a zone lies between the outer texts, wherever that zone is, and exactly between the
    moments; what has none between the own texts. The second of each pair is the first beyond.
    """
    first = today(tz, now)
    beyond = first + timedelta(days=days + 1)
    starts, ends = (
        datetime.combine(day, time(), zone(tz)).astimezone(UTC) for day in (first, beyond)
    )
    outer = ((first - timedelta(days=2)).isoformat(), (beyond + timedelta(days=2)).isoformat())
    return (*outer, first.isoformat(), beyond.isoformat(), starts, ends)


def past(tz: str, now: datetime) -> tuple[str, str, str, datetime]:
    """Return what is overdue in a zone: before an outer text, a day, a local time, a moment."""
    here = now.astimezone(zone(tz))
    outer = (here.date() + timedelta(days=2)).isoformat()
    return outer, here.date().isoformat(), here.strftime("%Y-%m-%dT%H:%M"), now
