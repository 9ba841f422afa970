"""What goes over the wire about visits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from core import PageQuery, Query

from ..tables import Visit

Group = Literal["day", "hour", "country", "referrer", "device", "browser"]
Day = Annotated[date, Meta(examples=["2026-11-01"])]
Zone = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="A time zone of the IANA database: days and hours are those of the viewer.",
        examples=["Europe/Lisbon"],
    ),
]


class StatsQuery(Query, frozen=True, rename={"start": "from", "end": "to"}):
    """Which visits to count: whole days, both included; without them the last 30 days."""

    start: Day | None = None
    end: Day | None = None
    tz: Zone = "UTC"
    group: Group = "day"


class Point(msgspec.Struct, frozen=True):
    """The visits of one day, hour, country, referrer, device or browser."""

    key: str
    visits: int
    visitors: int


class StatsOut(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """Visits of people. `visitors` are different ones, each counted once a day."""

    start: date
    end: date
    tz: str
    group: str
    visits: int
    visitors: int
    programs: int
    ahead: int
    points: list[Point]


class VisitOut(msgspec.Struct, frozen=True):
    """One visit."""

    id: int
    at: datetime
    kind: Literal["person", "program", "ahead"]
    referrer: str
    country: str
    device: str
    browser: str


class VisitQuery(PageQuery, frozen=True):
    """Which visits to list."""

    table: ClassVar[type[Visit]] = Visit
    sort: Literal["-id", "id"] = "-id"
