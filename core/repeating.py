"""Work that a worker does again and again while it runs."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

log = logging.getLogger("tenfold")

PATIENCE = 5

_resting = 0


@asynccontextmanager
async def repeating(seconds: float, work: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Do ``work`` every ``seconds`` while the block runs; a failure is logged, and it goes on.

    The log calls it by the first line of its docstring.

    The task is ours, not Sanic's: Sanic waits for ever for a named task that awaits after it was
    cancelled, and drops an unnamed one.
    """
    task = asyncio.create_task(_repeat(seconds, work))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE)


@contextmanager
def resting() -> Iterator[None]:
    """Let all of it in this process rest while the block runs.

    For tests, where another server works when a database comes into use that has no tables yet.
    """
    global _resting
    _resting += 1
    try:
        yield
    finally:
        _resting -= 1


async def _repeat(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    failing = False
    while True:
        await asyncio.sleep(seconds)
        if _resting:
            continue
        try:
            await work()
        except Exception as error:
            if not failing:
                log.warning("Failed, and is tried again: %s: %r", _named(work), error)
            failing = True
        else:
            if failing:
                log.info("Works again: %s", _named(work))
            failing = False


def _named(work: Callable[[], Awaitable[object]]) -> str:
    """Return what ``work`` does, as its docstring says it."""
    return (inspect.getdoc(work) or work.__qualname__).partition("\n")[0].rstrip(".")
