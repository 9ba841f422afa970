"""What a child tells the main process: that it is ready, and again and again that it lives."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

EVERY = 0.5
"""Seconds between two signs of life."""

READY, ALIVE = b"r", b"."


class Voice:
    """The writing end of a pipe. Speaking never waits, and it does not matter who listens."""

    def __init__(self, end: int) -> None:
        self._end = end
        os.set_blocking(end, False)

    def _say(self, word: bytes) -> None:
        with suppress(OSError):
            os.write(self._end, word)

    def ready(self) -> None:
        """Tell that the work has begun."""
        self._say(READY)

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Tell twice a second that this event loop is not stuck, while the block runs."""
        task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            task.cancel()

    async def _beat(self) -> None:
        while True:
            self._say(ALIVE)
            await asyncio.sleep(EVERY)
