"""The queries of visits, each built once. Whose the link is was asked before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from piccolo.querystring import QueryString

from core import compiled, compiled_one, in_order, limited

from ..tables import Visit
from ..visits.clients import PERSON
from .schemas import Point, VisitOut

KINDS = ("person", "program", "ahead")
MOST = 100
GROUPS = {"country": "country", "referrer": "referrer", "device": "device", "browser": "browser"}
PERIODS = {
    "sqlite": (
        "FROM json_each({}) p JOIN shortener_visit v ON v.link = {} AND v.kind = 0 "
        "AND v.at >= p.value->>1 AND v.at < p.value->>2"
    ),
    "postgres": (
        "FROM json_array_elements({}::json) p JOIN shortener_visit v ON v.link = {} AND v.kind = 0 "
        "AND v.at >= (p.value->>1)::bigint AND v.at < (p.value->>2)::bigint"
    ),
}


def _out(id: int, at: int, kind: int, *more: Any) -> VisitOut:
    return VisitOut(id, datetime.fromtimestamp(at, UTC), KINDS[kind], *more)  # type: ignore[arg-type]


@compiled(_out)
def listed(link: int, limit: int, *position: Any, sort: str) -> Any:
    """Return some visits of a link, those behind a position."""
    query = Visit.select(
        Visit.id,
        Visit.at,
        Visit.kind,
        Visit.referrer,
        Visit.country,
        Visit.device,
        Visit.browser,
    ).where(Visit.link == link)
    where = (position[0], position[1]) if position else None
    return limited(in_order(query, sort, where), limit)


@compiled_one(int)
def counted(link: int) -> Any:
    """Count the visits of a link that are kept."""
    return Visit.count().where(Visit.link == link)


@compiled(lambda kind, visits, visitors: (kind, visits, visitors))
def kinds(link: int, begin: int, end: int) -> Any:
    """Count the visits of a time by kind."""
    return QueryString(
        "SELECT kind, count(*), count(DISTINCT visitor) FROM shortener_visit "
        "WHERE link = {} AND at >= {} AND at < {} GROUP BY kind",
        link,
        begin,
        end,
    )


@compiled(Point)
def by_column(link: int, begin: int, end: int, *, group: str) -> Any:
    """Count the visits of people by what a column holds, the most frequent first."""
    column = GROUPS[group]
    return QueryString(
        f"SELECT {column}, count(*), count(DISTINCT visitor) FROM shortener_visit "  # noqa: S608
        f"WHERE link = {{}} AND kind = {PERSON} AND at >= {{}} AND at < {{}} "
        f"GROUP BY {column} ORDER BY 2 DESC, 1 LIMIT {MOST}",
        link,
        begin,
        end,
    )


@compiled(Point)
def by_period(periods: str, link: int, *, kind: str) -> Any:
    """Count the visits of people in each of some periods ``[name, begin, end]``, as JSON."""
    return QueryString(
        f"SELECT p.value->>0, count(*), count(DISTINCT v.visitor) {PERIODS[kind]} GROUP BY 1",
        periods,
        link,
    )
