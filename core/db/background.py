"""Work that goes on when whoever began it has stopped waiting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger("tenfold.db")

T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()


def in_background(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Run ``work`` to its end, whoever stops waiting for it."""
    task = asyncio.get_running_loop().create_task(work)
    _running.add(task)
    task.add_done_callback(_forget)
    return task


def _forget(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.debug("A commit or rollback failed: %r", error)  # whoever waits is told by the task


async def background_work(timeout: float) -> None:
    """Wait until what runs behind this event loop has ended; used when a worker stops."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout
    while mine := {task for task in _running if task.get_loop() is loop}:
        if loop.time() >= end:
            log.warning("%d pieces of work had not ended when the database closed.", len(mine))
            return
        await asyncio.wait(mine, timeout=end - loop.time())
