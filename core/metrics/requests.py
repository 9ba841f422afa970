"""How many requests were answered, and how long that took."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from typing import Any

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets, in seconds."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
COUNT, SUM, FIRST = 0, 1, 2

Cells = dict[tuple[str, str, str], list[float]]
"""By route, method and class of status: count, sum of seconds, and each bucket by itself."""


class Requests:
    """Counts what one worker answers, by route and never by path: routes are few."""

    def __init__(self) -> None:
        self._found: dict[tuple[str | None, str, int], list[float]] = {}
        self.cells: Cells = {}

    def note(self, request: Any, status: int, seconds: float) -> None:
        """Count one request."""
        route = request.route
        key = (None if route is None else route.path, request.method, status)
        cell = self._found.get(key)
        if cell is None:
            cell = self._cell(*key)
        cell[COUNT] += 1
        cell[SUM] += seconds
        cell[FIRST + bisect_left(BOUNDS, seconds)] += 1

    def _cell(self, path: str | None, method: str, status: int) -> list[float]:
        known = method if method in METHODS else "other"
        cell = self.cells.setdefault(
            (template(path), known, f"{status // 100}xx"), [0.0] * (FIRST + len(BOUNDS) + 1)
        )
        if known != "other":
            self._found[path, method, status] = cell
        return cell


@cache
def template(path: str | None) -> str:
    """Return a route as it is documented: ``/api/v1/todo/tasks/{id}``; without one ``none``."""
    if path is None:
        return "none"
    return "/" + re.sub(r"<([^:>]+)[^>]*>", r"{\1}", path).strip("/")
