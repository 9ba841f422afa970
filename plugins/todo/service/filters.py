"""What a list of tasks is filtered by, as conditions and values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import Invalid

from .. import due
from ..schemas import TaskQuery
from .parts import folded, pattern
from .preferences import zone_of

WEEK = 6


async def filters(user: int, query: TaskQuery) -> tuple[tuple[str, ...], list[Any]]:
    """Return the names of the conditions of a list, and their values in the same order."""
    if query.sort in ("order", "-order") and query.project is None:
        raise Invalid("sort=order needs project=: the order is that of one project.")
    found: dict[str, list[Any]] = {}
    for name in ("parent", "priority"):
        if (value := getattr(query, name)) is not None:
            found[name] = [value]
    if query.label is not None:
        found["label"] = [pattern(f" {folded(query.label)} ")]
    if query.q is not None:
        found["q"] = [pattern(query.q)] * 2
    if query.done is not None:
        found["done" if query.done else "open"] = []
    if query.due is not None:
        name, values = await _window(user, query)
        found[name] = values
    elif query.tz is not None:
        due.zone(query.tz)
    return tuple(found), [value for values in found.values() for value in values]


async def _window(user: int, query: TaskQuery) -> tuple[str, list[Any]]:
    tz, now = query.tz or await zone_of(user), datetime.now(UTC)
    if query.due == "none":
        due.zone(tz)
        return "none", []
    if query.due == "overdue":
        return "overdue", list(due.past(tz, now))
    return "window", list(due.window(WEEK if query.due == "week" else 0, tz, now))
