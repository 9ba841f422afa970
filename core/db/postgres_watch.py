"""Whether PostgreSQL answers at all, told long before a statement has used up its time.

A statement may take half a minute; a server that is frozen, or behind a network that drops
everything, must not keep anybody waiting so long. So when a connection has been in use for a while
the server is asked something else, on a connection of its own. Nothing is asked of a server that
answers quickly.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

import asyncpg

log = logging.getLogger("tenfold.db")

LOOK = 0.25
"""Seconds between two looks while connections are in use."""
SLOW = 0.75
"""Seconds in use after which the server is asked; while the use goes on, about as often again."""
ANSWER, TURN = 1.25, 0.05
"""Seconds the server has to let a connection in and answer on it, in turns of the event loop.

While this process stands still no turn passes: nobody listens then to what the server says.
"""
LONGEST = 60.0
"""Seconds after which a connection is given up that still waits to be let in."""


class Watch:
    """Looks after the connections of one pool.

    ``oldest`` returns since when a connection has been in use (None: none is), ``cut`` ends all.
    """

    def __init__(
        self, settings: dict[str, Any], oldest: Callable[[], float | None], cut: Callable[[], None]
    ) -> None:
        self._settings, self._oldest, self._cut = {**settings, "timeout": LONGEST}, oldest, cut
        self._timer: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None
        self._asked = 0.0
        self.away = False
        """Whether the server does not answer. It is asked on and on until it does."""

    def begin(self) -> None:
        """Look around from now on, until no connection is in use."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK, self._look)

    def _look(self) -> None:
        oldest = self._oldest()
        self._timer = None
        if oldest is None:
            return
        self.begin()
        now = monotonic()
        if now > max(oldest, self._asked) + SLOW and self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        """Ask once; if there is no answer, end what waits for one and ask until there is."""
        try:
            while not await self._answers():
                if not self.away:
                    log.error("PostgreSQL does not answer. Requests that need it get 503.")
                self.away = True
                self._cut()
                await asyncio.sleep(LOOK)
            if self.away:
                log.info("PostgreSQL answers again.")
        finally:
            self.away, self._asking, self._asked = False, None, monotonic()

    async def _answers(self) -> bool:
        """Tell whether the server says anything in time."""
        hearing = asyncio.get_running_loop().create_task(self._hears())
        try:
            for _ in range(round(ANSWER / TURN)):
                if (await asyncio.wait({hearing}, timeout=TURN))[0]:
                    return hearing.result()
            return False
        finally:
            hearing.cancel()

    async def _hears(self) -> bool:
        """Ask; even that it is full is an answer."""
        connection: Any = None
        try:
            connection = await asyncpg.connect(**self._settings)
            await connection.fetchval("SELECT 1")
        except asyncpg.PostgresError:
            return True
        except (TimeoutError, OSError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False
        finally:
            if connection is not None:
                connection.terminate()
        return True

    def end(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._asking is not None:
            self._asking.cancel()
