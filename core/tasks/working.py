"""A runner: works at what is enqueued until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from core.tasks import claims
from core.tasks.attempt import attempt
from core.tasks.claims import Claimed
from core.tasks.clock import Clock
from core.tasks.holding import Run, hold, renew
from core.tasks.schedule import Timetable
from core.tasks.settings import TasksSettings
from core.tasks.task import Task
from core.tasks.waking import QUIET, Waking, tell

log = logging.getLogger("tenfold.tasks")

POLL = 0.1
"""Seconds between two looks at the database while something waits for its turn.

While nothing does, it is looked every ``QUIET`` seconds, and when somebody tells of something.
"""

SHARE, SELDOM = 10, 2.0
"""A look that takes long, as past many rows of a disabled plugin, is taken the more seldom."""

PATIENCE = 1.0
"""Seconds that tasks which were cancelled have to end."""

TROUBLE = 1.0
"""Seconds between two looks while the database is away."""


class Runner:
    """Claims tasks, and works at several at once."""

    def __init__(self, tasks: Mapping[str, Task], settings: TasksSettings) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._tasks, self._settings = tasks, settings
        self._timetable, self._clock = Timetable(tasks.values()), Clock()
        self._runs: dict[int, Run] = {}
        self._woken, self._stopping = asyncio.Event(), False
        self._waking = Waking(self._woken.set)
        self._in_trouble = False

    def stop(self) -> None:
        """Claim nothing more; ``work`` returns when what runs is done or left to others."""
        self._stopping = True
        self._woken.set()

    async def work(self) -> None:
        """Work until ``stop`` is called."""
        lease = self._settings.lease_seconds
        holding = asyncio.create_task(hold(self.name, self._runs, self._clock, lease))
        watching = asyncio.create_task(self._waking.follow())
        rested = True
        while not self._stopping:
            self._woken.clear()
            worthwhile = rested or self._free() * 2 > self._settings.concurrency
            rested = await self._rest(await self._look() if worthwhile else POLL)
        watching.cancel()
        await self._wind_up()
        holding.cancel()

    async def drain(self, at: datetime | None = None) -> int:
        """Run all that is due, now or ``at`` another time, and return how many attempts it took.

        For tests. Periodic tasks have their turn only where a time is given.
        """
        count, names = 0, list(self._tasks)
        if at is not None:
            await self._timetable.read(self._clock.now())
            await self._timetable.enqueue_due(at)

        def now() -> datetime:
            return at or self._clock.now()

        while found := await self._claim(names, self._free(), now()):
            await asyncio.gather(*(attempt(self._tasks[each.name], each, now) for each in found))
            count += len(found)
        return count

    def _free(self) -> int:
        return self._settings.concurrency - len(self._runs)

    async def _rest(self, seconds: float) -> bool:
        """Wait; False when something ended, or is new, before the time was over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
                return False
        return True

    async def _look(self) -> float:
        """Begin what is due; return how long to rest afterwards."""
        began = monotonic()
        try:
            quiet = await self._take()
        except Exception as error:
            if not self._in_trouble:
                log.warning("Tasks cannot be claimed for now: %r", error)
            self._in_trouble = True
            return TROUBLE
        self._in_trouble = False
        rest = quiet if self._waking.is_on else POLL
        return min(max(POLL, rest, SHARE * (monotonic() - began)), SELDOM)

    async def _take(self) -> float:
        """Begin what is due; return the seconds until there may be more, if nobody tells before."""
        await self._clock.begin()
        now = self._clock.now()
        await self._timetable.keep_up(now)
        wanted = [name for names, room in self._portions() for name in names if room > 0]
        soon = now + timedelta(seconds=QUIET)
        found = await claims.waiting(now, soon, *wanted) or claims.Waiting()
        if found.lapsed:  # it may be our own: this host may have slept, or its clock been set
            await renew(self.name, self._runs, self._clock, self._settings.lease_seconds)
        for is_lapsed in (True,) * found.lapsed + (False,) * found.due:
            for names, room in self._portions():
                most = min(room, self._free())
                for each in await self._claim(names, most, now, lapsed=is_lapsed):
                    self._begin(each)
        if found.due or found.lapsed:
            return 0.0
        soonest = [each for each in (found.next, self._timetable.next) if each is not None]
        return min([QUIET, *((each - now).total_seconds() for each in soonest)])

    def _portions(self) -> Iterator[tuple[list[str], int]]:
        """Yield names, and how many may be begun; those with a limit of their own come alone."""
        here = Counter(run.claimed.name for run in self._runs.values())
        for task in self._tasks.values():
            if task.at_once is not None:
                yield [task.name], task.at_once - here[task.name]
        yield [each.name for each in self._tasks.values() if each.at_once is None], self._free()

    async def _claim(
        self, names: Sequence[str], limit: int, now: datetime, *, lapsed: bool = False
    ) -> list[Claimed]:
        if limit < 1 or not names:
            return []
        until = self._clock.now() + timedelta(seconds=self._settings.lease_seconds)
        return await claims.claim(self.name, now, until, limit, names, lapsed=lapsed)

    def _begin(self, claimed: Claimed) -> None:
        work = attempt(self._tasks[claimed.name], claimed, self._clock.now)
        task = asyncio.create_task(work, name=claimed.name)
        until = monotonic() + self._settings.lease_seconds
        self._runs[claimed.id] = Run(claimed, until, task)
        task.add_done_callback(partial(self._forget, claimed))

    def _forget(self, claimed: Claimed, task: asyncio.Task[bool]) -> None:
        if (run := self._runs.get(claimed.id)) is not None and run.claimed is claimed:
            del self._runs[claimed.id]
        self._woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("The end of %s (%d) was not kept.", claimed.name, claimed.id, exc_info=error)

    async def _wind_up(self) -> None:
        """Let what runs end, and leave the rest to others."""
        runs = list(self._runs.values())
        if runs:
            await asyncio.wait([run.work for run in runs], timeout=self._settings.stop_seconds)
        left = [run for run in runs if not run.work.done()]
        for run in left:
            run.work.cancel()
        if left:
            await asyncio.wait([run.work for run in left], timeout=PATIENCE)
        for run in left:
            await self._leave(run)

    async def _leave(self, run: Run) -> None:
        """Leave a task to another runner; what still goes on, when its lease has ended."""
        if run.work.done():
            with suppress(Exception):  # the lease ends by itself
                await claims.release(run.claimed, self._clock.now())
                await tell()
        log.info("The task %s was left to another runner.", run.claimed.name)
