"""How late the event loop is: whatever holds it up holds up every request of the worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

PERIOD = 0.1
REMEMBERED = 15.0


class Lag:
    """Wakes ten times a second and keeps the worst delay for at least 15 seconds, 30 at most."""

    def __init__(self) -> None:
        self._before = self._worst = 0.0
        self._since = monotonic()
        self._timer: asyncio.TimerHandle | None = None

    def worst(self) -> float:
        """Return the worst delay lately, in seconds."""
        if monotonic() - self._since > REMEMBERED:
            self._before, self._worst, self._since = self._worst, 0.0, monotonic()
        return max(self._before, self._worst)

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        """Measure the running loop while the block runs."""
        self._next(asyncio.get_running_loop())
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(PERIOD, self._woken, loop, monotonic() + PERIOD)

    def _woken(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._worst = max(self._worst, monotonic() - due)
        self._next(loop)
