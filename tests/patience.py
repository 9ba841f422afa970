"""How long something takes, on a machine that has other things to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

PATIENCE = 30.0
"""Seconds to wait for what is to come: only what hangs takes as long."""
TURN = 0.01


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so that others in this process bring about."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(TURN)


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Fail unless the block takes less, by the turns of the event loop.

    The server under test runs in this loop, too. What keeps the whole process from running is not
    counted.
    """
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(TURN)
            turns += 1

    counting = asyncio.create_task(count())
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    finally:
        counting.cancel()
    assert turns * TURN < seconds, f"it took {turns * TURN:.2f} s"
