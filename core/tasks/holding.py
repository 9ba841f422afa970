"""The leases of a runner, renewed while it works; a task whose lease is lost is cancelled."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from core.tasks import claims
from core.tasks.claims import Claimed
from core.tasks.clock import Clock

log = logging.getLogger("tenfold.tasks")


@dataclass
class Run:
    """A task that is being worked at, and when (``monotonic``) our lease of it ends."""

    claimed: Claimed
    until: float
    work: asyncio.Task[bool]


async def hold(me: str, runs: dict[int, Run], clock: Clock, lease: float) -> None:
    """Renew the leases of ``runs`` for ever, three times in each ``lease`` (seconds).

    What is ours in the database but not among ``runs``, as after an end that could not be written
    down, is left to whoever comes when its lease has ended.
    """
    pause, in_trouble = lease / 3, False
    while True:
        try:
            async with asyncio.timeout(lease / 4):
                await clock.set()
                await renew(me, runs, clock, lease)
            pause, in_trouble = lease / 3, False
        except Exception as error:
            if not in_trouble:
                log.warning("Leases cannot be renewed for now: %r", error)
            pause, in_trouble = lease / 12, True
        _let_go(runs, lease / 6)
        await asyncio.sleep(pause)


async def renew(me: str, runs: dict[int, Run], clock: Clock, lease: float) -> None:
    """Renew the leases of ``runs`` once."""
    before = dict(runs)
    if not before:
        return
    until = monotonic() + lease
    held = set(await claims.renew(me, clock.now() + timedelta(seconds=lease), *before))
    for id, run in before.items():
        run.until = until if id in held else 0.0


def _let_go(runs: dict[int, Run], margin: float) -> None:
    """Cancel what another runner may soon take up, or has taken up already."""
    for run in list(runs.values()):
        if run.until < monotonic() + margin and not run.work.done():
            log.warning("The lease of %s (%d) was lost.", run.claimed.name, run.claimed.id)
            run.work.cancel()
