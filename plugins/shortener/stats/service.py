"""How often a link was followed: when, from where, with what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from core import Invalid, Page, page

from ..links import service as links
from ..visits.writing import engine_type
from . import queries
from .schemas import Point, StatsOut, StatsQuery, VisitOut, VisitQuery

USUAL, LONGEST, LONGEST_HOURS = 30, 3660, 31
"""Days that are shown unless asked otherwise, that may be asked for, and by the hour."""


class NoSuchZone(Invalid):
    """The time zone is not one of the IANA database."""

    code, title = "no_such_zone", "No such time zone"


async def count(owner: int, id: int, query: StatsQuery) -> StatsOut:
    """Return the figures of one of the owner's links. Raises NotFound, Invalid, NoSuchZone."""
    link = await links.row(owner, id)
    zone = _zone(query.tz)
    start, end = _days(query, zone)
    begin, finish = _second(start, zone), _second(end + timedelta(days=1), zone)
    found = {kind: (n, who) for kind, n, who in await queries.kinds(link.id, begin, finish)}
    visits, visitors = found.get(0, (0, 0))
    return StatsOut(
        start=start,
        end=end,
        tz=query.tz,
        group=query.group,
        visits=visits,
        visitors=visitors,
        programs=found.get(1, (0, 0))[0],
        ahead=found.get(2, (0, 0))[0],
        points=await _points(link.id, query.group, start, end, zone),
    )


async def _points(link: int, group: str, start: date, end: date, zone: ZoneInfo) -> list[Point]:
    if group not in ("day", "hour"):
        last = _second(end + timedelta(days=1), zone)
        return await queries.by_column(link, _second(start, zone), last, group=group)
    periods = list((_days_of if group == "day" else _hours_of)(start, end, zone))
    text = msgspec.json.encode(periods).decode()
    found = {each.key: each for each in await queries.by_period(text, link, kind=engine_type())}
    return [found.get(name) or Point(name, 0, 0) for name, _, _ in periods]


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _zone(name: str) -> ZoneInfo:
    if name not in _zones():
        raise NoSuchZone(f"There is no time zone {name!r}. Write it as Europe/Lisbon.")
    return ZoneInfo(name)


def _days(query: StatsQuery, zone: ZoneInfo) -> tuple[date, date]:
    end = query.end or (datetime.now(zone).date() if query.start is None else _last(query.start))
    days = 1 if query.group == "hour" else USUAL
    start = query.start or date.fromordinal(max(1, end.toordinal() - days + 1))
    longest = LONGEST_HOURS if query.group == "hour" else LONGEST
    if not 0 <= (end - start).days < longest or start.year < 1971 or end.year > 9000:
        raise Invalid(f"`from` must not be after `to`, and at most {longest} days before it.")
    return start, end


def _last(start: date) -> date:
    return max(start, datetime.now(UTC).date())


def _second(day: date, zone: ZoneInfo) -> int:
    """Return when a day begins in a zone, in seconds since 1970."""
    return int(datetime.combine(day, time(), zone).timestamp())


def _days_of(start: date, end: date, zone: ZoneInfo) -> Iterator[tuple[str, int, int]]:
    for number in range((end - start).days + 1):
        day = start + timedelta(days=number)
        yield day.isoformat(), _second(day, zone), _second(day + timedelta(days=1), zone)


def _hours_of(start: date, end: date, zone: ZoneInfo) -> Iterator[tuple[str, int, int]]:
    """Yield the hours as they pass: one is missing or there twice when the clocks change."""
    last = _second(end + timedelta(days=1), zone)
    for second in range(_second(start, zone), last, 3600):
        name = datetime.fromtimestamp(second, zone).isoformat(timespec="minutes")
        yield name, second, min(second + 3600, last)


async def visits(owner: int, id: int, query: VisitQuery) -> Page[VisitOut]:
    """Return a page of the single visits of one of the owner's links. Raises NotFound."""
    link = (await links.row(owner, id)).id

    async def counted() -> int:
        return await queries.counted(link) or 0

    return await page(
        query,
        VisitOut,
        lambda position, limit: queries.listed(link, limit, *(position or ()), sort=query.sort),
        counted,
    )
