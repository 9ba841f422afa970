"""Work that a worker does again and again while it runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

log = logging.getLogger("tenfold")

PATIENCE = 5


@asynccontextmanager
async def repeating(seconds: float, work: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Do ``work`` every ``seconds`` while the block runs; a failure is logged, and it goes on.

    The task is ours, not Sanic's: Sanic waits for ever for a named task that awaits after it was
    cancelled, and drops an unnamed one.
    """
    task = asyncio.create_task(_repeat(seconds, work))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE)


async def _repeat(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    failing = False
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
            failing = False
        except Exception as error:
            if not failing:
                log.warning("%s failed, and is tried again: %r", work.__qualname__, error)
            failing = True
