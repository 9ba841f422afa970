"""When a request came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import perf_counter

from sanic import Request


def arrived() -> datetime:
    """Return when the request that is answered had come, before it waited for anything."""
    began = Request.get_current().stream.perft0  # type: ignore[union-attr]
    return datetime.now(UTC) - timedelta(seconds=perf_counter() - began)
