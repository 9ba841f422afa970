"""One attempt at a task, and what becomes of it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from core.db.errors import is_passing
from core.tasks import claims
from core.tasks.claims import Claimed
from core.tasks.task import GivenUp, Task, decoded

log = logging.getLogger("tenfold.tasks")

LONGEST_ERROR = 2000
PATIENCE = 10
"""How often the end of an attempt is written again while the database is away."""


class Overdue(Exception):
    """The attempt took longer than the task may."""


class Interrupted(Exception):
    """The attempt ended as if it had been cancelled, and nobody has cancelled it."""


Now = Callable[[], datetime]


async def attempt(task: Task, claimed: Claimed, now: Now) -> bool:
    """Run a task and write down how it ended; True if it was done."""
    try:
        await _run(task, claimed)
    except (Exception, SystemExit) as error:
        text = f"{type(error).__name__}: {error}".replace("\0", "")[:LONGEST_ERROR]
        final = isinstance(error, GivenUp) or claimed.attempts >= task.attempts
        await _written(partial(_give_up if final else _try_again, task, claimed, now(), text))
        return False
    if not await _written(lambda: claims.finish(claimed)):
        log.warning("The task %s (%d) was done after its lease.", claimed.name, claimed.id)
    return True


async def _run(task: Task, claimed: Claimed) -> None:
    if claimed.attempts > task.attempts:
        raise GivenUp("Each runner that worked at it ended before it was done.")
    payload = decoded(task, claimed.payload)
    limit = asyncio.timeout(task.timeout)
    try:
        async with limit:
            await (task.run() if task.payload is None else task.run(payload))
    except TimeoutError:
        if limit.expired():
            raise Overdue(f"It was not done within {task.timeout:g} seconds.") from None
        raise
    except asyncio.CancelledError:
        if (here := asyncio.current_task()) is not None and here.cancelling():
            raise
        raise Interrupted("It waited for something that was cancelled.") from None


async def _give_up(task: Task, claimed: Claimed, now: datetime, text: str) -> bool:
    log.error("The task %s (%d) was given up: %s", task.name, claimed.id, text)
    return await claims.bury(claimed, now, text)


async def _try_again(task: Task, claimed: Claimed, now: datetime, text: str) -> bool:
    wait = task.wait(claimed.attempts) * random.uniform(0.75, 1.25)  # noqa: S311
    log.warning(
        "The task %s (%d) failed, attempt %d of %d; the next one is in %.0f s: %s",
        *(task.name, claimed.id, claimed.attempts, task.attempts, wait, text),
    )
    return await claims.put_back(claimed, now + timedelta(seconds=wait), text)


async def _written(write: Callable[[], Awaitable[bool]]) -> bool:
    """Write again while the database is away; then the lease ends, and another runner does it."""
    for turn in range(PATIENCE):
        try:
            return await write()
        except Exception as error:
            if not is_passing(error):
                raise
            await asyncio.sleep(0.1 * 2**turn)
    return False
