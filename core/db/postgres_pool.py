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

GRACE = 2.0
IDLE = 300.0
"""Seconds after which a connection that nobody used is closed."""


class Pool:
    """At most ``size`` connections of one event loop, made with ``settings`` when needed."""

    def __init__(self, size: int, settings: dict[str, Any]) -> None:
        self._size, self._settings = size, settings
        self._free = asyncio.Semaphore(size)
        self._idle: deque[tuple[float, Any]] = deque()
        self._used: set[Any] = set()
        self._closed = False

    async def acquire(self, wait: float) -> Any:
        """Return a connection, ours until ``release``. Raises TimeoutError after ``wait``."""
        if self._closed:
            raise asyncpg.InterfaceError("The connections are closed.")
        async with asyncio.timeout(wait):
            await self._free.acquire()
            try:
                connection = self._waiting() or await asyncpg.connect(**self._settings)
            except BaseException:
                self._free.release()
                raise
        self._used.add(connection)
        return connection

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
        self._used.discard(connection)
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
        while self._idle:
            await self._idle.popleft()[1].close(timeout=wait)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                for _ in range(self._size):
                    await self._free.acquire()
        for connection in list(self._used):
            connection.terminate()
