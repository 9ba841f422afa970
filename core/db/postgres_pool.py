"""Connections to PostgreSQL that stay open, handed out with no task and no round trip.

asyncpg's own pool makes a task to wait with a limit and another to take a connection back, which
together cost as much as a short query. Ours leave no session state behind, so that nothing has to
be reset: one that worked goes back at once, one that did not is closed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Any

import asyncpg

from core.db.background import in_background
from core.db.errors import DatabaseAway
from core.db.postgres_watch import Watch

GRACE = 2.0
IDLE = 300.0
"""Seconds after which a connection that nobody used is closed."""


class Pool:
    """At most ``size`` connections of one event loop, made with ``settings`` when needed."""

    def __init__(self, size: int, settings: dict[str, Any]) -> None:
        self._size, self._settings = size, settings
        self._free = asyncio.Semaphore(size)
        self._idle: deque[tuple[float, Any]] = deque()
        self._used: dict[Any, float] = {}
        self._watch = Watch(settings, self._oldest, self._cut)
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait for a connection."""
        return len(getattr(self._free, "_waiters", None) or ())

    @property
    def in_use(self) -> int:
        """How many connections are handed out."""
        return len(self._used)

    async def acquire(self, wait: float) -> Any:
        """Return a connection, ours until ``release``.

        Raises TimeoutError after ``wait``, and DatabaseAway while the server does not answer.
        """
        if self._closed:
            raise asyncpg.InterfaceError("The connections are closed.")
        self._refuse_when_away()
        async with asyncio.timeout(wait):
            await self._free.acquire()
            try:
                self._refuse_when_away()
                connection = self._waiting() or await asyncpg.connect(**self._settings)
            except BaseException:
                self._free.release()
                raise
        self._used[connection] = monotonic()
        self._watch.begin()
        return connection

    def _refuse_when_away(self) -> None:
        if self._watch.away:
            raise DatabaseAway("The database does not answer.")

    def _oldest(self) -> float | None:
        return next(iter(self._used.values()), None)

    def _cut(self) -> None:
        """End every connection: whoever waits on one is told at once."""
        while self._idle:
            self._idle.popleft()[1].terminate()
        for connection in list(self._used):
            connection.terminate()

    def _waiting(self) -> Any:
        """Return the connection used last, if one is idle; close those idle for long."""
        while self._idle and self._idle[0][0] < monotonic() - IDLE:
            self._idle.popleft()[1].terminate()
        while self._idle:
            connection = self._idle.pop()[1]
            if not connection.is_closed():
                return connection
        return None

    def release(self, connection: Any, *, usable: bool) -> None:
        """Take a connection back; one that is not ``usable`` is closed. Twice does no harm."""
        if connection not in self._used:
            return
        if usable and not self._closed and not connection.is_closed():
            self._idle.append((monotonic(), connection))
            self._forget(connection)
        else:
            in_background(self._end(connection))

    def _forget(self, connection: Any) -> None:
        self._used.pop(connection, None)
        self._free.release()

    async def _end(self, connection: Any) -> None:
        """Close a connection; a statement that was cancelled on it is ended first."""
        try:
            await connection.close(timeout=GRACE)
        except Exception:
            connection.terminate()
        finally:
            self._forget(connection)

    async def close(self, wait: float) -> None:
        """Close what is idle, wait for what is in use, and cut what is still in use after that."""
        self._closed = True
        self._watch.end()
        idle, self._idle = self._idle, deque()
        closing = (connection.close(timeout=GRACE) for _, connection in idle)
        await asyncio.gather(*closing, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                for _ in range(self._size):
                    await self._free.acquire()
        self._cut()
