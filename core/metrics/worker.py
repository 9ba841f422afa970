"""What a worker notes of each request, and tells the others once a second."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from sanic import Request, Sanic
from sanic.http import Stage

from core import redis
from core.db.engine import engine
from core.logs.access import AccessLog
from core.logs.setup import stream
from core.metrics import tasks
from core.metrics.lag import Lag
from core.metrics.registry import gauge, registry
from core.metrics.requests import Requests
from core.metrics.sharing import Board
from core.repeating import repeating
from core.settings import CoreSettings, data_folder
from core.web.address import address_of

PERIOD = 1.0
BUSY = (Stage.HANDLER, Stage.RESPONSE)


class Observer:
    """Is told of each request when it was answered."""

    def __init__(self, requests: Requests, access: AccessLog | None, board: Board) -> None:
        self.requests, self.access, self.board = requests, access, board

    def note(self, request: Request, status: int, size: int, seconds: float) -> None:
        """Count a request, and remember its line for the log."""
        self.requests.note(request, status, seconds)
        if self.access is not None:
            self.access.note(request, status, size, seconds, address_of(request))

    def gather(self) -> None:
        """Write the log's lines, and have the figures ready."""
        if self.access is not None:
            self.access.write()
        self.collect()

    def collect(self) -> None:
        """Bring the figures of this worker up to date."""
        mine = self.board.mine
        mine.requests = [(*key, cell) for key, cell in self.requests.cells.items()]
        mine.counters = [
            (each.name, labels, value)
            for each in registry.counters.values()
            for labels, value in each.values.items()
        ]
        mine.gauges = {
            each.name: float(each.read())  # type: ignore[arg-type]
            for each in registry.gauges.values()
            if each.across != "any"
        }


@asynccontextmanager
async def observing(app: Sanic[Any, Any], core: CoreSettings) -> AsyncIterator[None]:
    """Note what ``app`` answers while the block runs."""
    out = stream()
    access = AccessLog(out, json=core.log == "json") if out and core.access_log else None
    observer = Observer(Requests(), access, Board(data_folder(core) / "metrics"))
    lag = Lag()
    _gauges(app, lag)

    async def publish() -> None:
        """Write the log's lines, and the figures for the other workers."""
        observer.gather()
        await asyncio.to_thread(observer.board.write)  # a busy disk holds up no request

    app.ctx.observer = observer
    try:
        async with repeating(PERIOD, publish), lag.measured():
            yield
    finally:
        app.ctx.observer = None
        observer.gather()
        observer.board.write()
        if out is not None:
            out.flush()


def _gauges(app: Sanic[Any, Any], lag: Lag) -> None:
    began = monotonic()
    tasks.watch()
    gauge("connections", "Open connections.", lambda: len(app.ctx.connections), "sum")
    gauge("requests_in_flight", "Requests being answered.", lambda: _in_flight(app), "sum")
    gauge("event_loop_lag_seconds", "The latest a worker's loop was.", lag.worst, "max")
    gauge("resident_memory_bytes", "Memory of all workers.", resident, "sum")
    gauge("workers", "Processes that serve or work at tasks.", lambda: 1, "sum")
    gauge("uptime_seconds", "Age of the oldest worker.", lambda: monotonic() - began, "max")
    gauge("database_waiting", "Who waits for a connection or a turn.", _waiting, "sum")
    gauge("database_connections_in_use", "PostgreSQL connections in use.", _in_use, "sum")
    gauge("redis_away", "1 while a worker does without Redis.", _redis_away, "max")
    gauge("log_lines_lost", "Lines of the log that nobody took.", _lines_lost, "sum")


def _in_flight(app: Sanic[Any, Any]) -> int:
    return sum(getattr(each.http, "stage", None) in BUSY for each in app.ctx.connections)


def resident() -> float:
    """Return the memory of this process, in bytes; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[1]
    except OSError:
        return 0.0
    return float(int(pages) * os.sysconf("SC_PAGE_SIZE"))


def _waiting() -> float:
    return float(engine().waiting)


def _in_use() -> float:
    return float(engine().in_use)


def _redis_away() -> float:
    used = redis.current()
    return float(used is not None and used.is_away)


def _lines_lost() -> float:
    out = stream()
    return float(out.lost) if out is not None else 0.0
