"""Work for after the answer, so that how long it takes tells nothing to who asked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from core.auth.authenticators.attempts import TooManyAttempts
from core.errors import TooManyRequests

log = logging.getLogger("tenfold.auth")

PAUSE = 0.05
QUEUE = 500

_working: set[asyncio.Task[None]] = set()


def afterwards(work: Coroutine[Any, Any, None]) -> None:
    """Do ``work`` when the answer has gone out; what fails is logged."""
    task = asyncio.get_running_loop().create_task(_run(work))
    _working.add(task)
    task.add_done_callback(_working.discard)


async def settled(timeout: float = 3) -> None:
    """Wait until what was left for after the answers is done; used when a worker stops."""
    loop = asyncio.get_running_loop()
    if mine := {task for task in _working if task.get_loop() is loop}:
        await asyncio.wait(mine, timeout=timeout)


def refuse_if_full() -> None:
    """Raise TooManyRequests while as much waits to be done as may."""
    if len(_working) >= QUEUE:
        raise TooManyRequests(
            "Too many people ask for mails at this moment. Try again in a few seconds.",
            headers={"retry-after": "5"},
        )


async def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        await asyncio.sleep(PAUSE)
        await work
    except TooManyAttempts as error:
        log.info("A mail was not sent: %s", error.detail)
    except Exception:
        log.exception("Work that was left for after an answer failed.")
