"""Runners are killed while they work: nothing is lost, and nothing is done twice at once."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from core.db.engine import transaction
from core.tasks.queue import counts, enqueue
from core.tasks.tables import QueuedTask
from core.testing import DATABASES, missing, postgres_server, scratch_postgres
from tests.campaign.conftest import FULL, Figures
from tests.campaign.runners import Runners
from tests.campaign.work.plugin import Number

TASKS, KILLS = (10_000, 10) if FULL else (1_000, 3)
TOGETHER = 100
LEASE = 6
"""Seconds: a runner that a busy machine keeps from running for so long is taken for dead."""


@pytest.fixture(params=DATABASES, scope="module")
async def prepared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Runners]:
    """Return runners on each kind of database, which is open in this process too."""
    folder = tmp_path_factory.mktemp("runners")
    if request.param == "sqlite":
        made = Runners(f"sqlite:///{folder / 'campaign.db'}", folder, LEASE)
        async with made.database():
            yield made
        return
    try:
        async with scratch_postgres() as url:
            made = Runners(url, folder, LEASE)
            async with made.database():
                yield made
    except OSError as error:
        missing("postgres", f"nothing answers at {postgres_server()} ({error})")


@pytest.fixture
async def runners(prepared: Runners) -> AsyncIterator[Runners]:
    """Return runners, none of which is started yet, and nothing is left to do."""
    prepared.log.unlink(missing_ok=True)
    prepared.deaths.clear()
    yield prepared
    prepared.end()
    await QueuedTask.delete(force=True)


async def fill(name: str, numbers: range) -> None:
    """Enqueue a piece of work for each number, many in each transaction."""
    for first in range(0, len(numbers), TOGETHER):
        async with transaction():
            for number in numbers[first : first + TOGETHER]:
                await enqueue(name, Number(number))


async def until_done(seconds: float = 250) -> None:
    async with asyncio.timeout(seconds):
        while (found := await counts()).waiting + found.running:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def shares(count: int, parts: int) -> list[range]:
    """Return the numbers below ``count`` in parts, so that each kill finds work of its own."""
    ends = [count * part // parts for part in range(parts + 1)]
    return [range(first, end) for first, end in pairwise(ends)]


async def under_way(runners: Runners, before: int) -> None:
    """Wait until more has been done, so that a kill finds a runner at work."""
    async with asyncio.timeout(60):
        while len(runners.lines("E")) < before + 10:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_nothing_is_lost_and_nothing_done_twice_at_once(
    runners: Runners, figures: Figures
) -> None:
    began = time.monotonic()
    for _ in range(2):
        runners.start()
    for share in shares(TASKS, KILLS):
        before = len(runners.lines("E"))
        filling = asyncio.create_task(fill("work.do", share))
        await under_way(runners, before)
        await asyncio.sleep(random.random() * 0.1)
        runners.kill(random.choice(runners.running))
        runners.start()
        await filling
    await until_done()
    seconds = time.monotonic() - began
    attempts = runners.attempts()
    done = {number for number, runs in attempts.items() if any(run.ended for run in runs)}
    again = sum(len(runs) - 1 for runs in attempts.values())
    twice = runners.overlapping()
    figures(
        f"{TASKS} tasks, 2 runners, {KILLS} x kill -9 in {seconds:.0f} s: "
        f"{TASKS - len(done)} lost, {len(twice)} done twice at once; {again} again after a kill"
    )
    assert done == set(range(TASKS)), runners.output.read_text()[-2000:]
    assert twice == []
    assert (await counts()).dead == 0


async def test_throughput(runners: Runners, figures: Figures) -> None:
    await fill("work.nothing", range(TASKS))
    began = time.monotonic()
    runners.start()
    await until_done()
    seconds, cpu = time.monotonic() - began, used(runners.running[0].pid)
    figures(
        f"one runner, from its start: {TASKS} tasks in {seconds:.1f} s, {cpu:.1f} s of them at work"
    )
    assert TASKS / cpu > 20


async def test_a_periodic_task_has_each_turn_once_and_a_stop_is_graceful(
    runners: Runners, figures: Figures
) -> None:
    began = time.monotonic()
    for _ in range(3):
        runners.start()
    await until(runners, "T", 1)
    start = time.monotonic() - began
    await until(runners, "T", 4)
    await fill("work.do", range(50))
    stops = await asyncio.gather(*(runners.stop(each) for each in list(runners.running)))
    turns = [int(line[1]) for line in runners.lines("T")]
    begun, ended = len(runners.lines("B")), len(runners.lines("E"))
    twice = len(turns) - len(set(turns))
    figures(f"3 runners: {len(turns)} turns, {twice} of them twice; stop {max(stops):.1f} s")
    assert twice == 0
    assert begun == ended
    found = await counts()
    assert (found.running, found.dead) == (0, 0)
    assert max(stops) < start + 10, "what a busy machine adds to a stop it adds to a start, too"


def used(process: int) -> float:
    """Return the seconds of a processor that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def busy(process: int, seconds: float) -> float:
    """Return the share of a processor that a process takes."""
    before, began = used(process), time.monotonic()
    await asyncio.sleep(seconds)
    return (used(process) - before) / (time.monotonic() - began)


async def test_an_idle_runner_is_idle_and_wakes_at_once(runners: Runners, figures: Figures) -> None:
    runners.start()
    await until(runners, "T", 1)
    share = await busy(runners.running[0].pid, 20 if FULL else 4)
    waits: list[float] = []
    for number in range(10):
        began = time.monotonic()
        await enqueue("work.do", Number(number))
        await until(runners, "B", number + 1)
        waits.append(float(runners.lines("B")[-1][3]) - began)
    figures(
        f"an idle runner takes {share:.1%} of a core; a task begins {max(waits) * 1000:.0f} ms "
        "at most after it was left"
    )
    assert share < 0.1
    assert (max(waits) if FULL else median(waits)) < 2


async def until(runners: Runners, kind: str, count: int) -> Any:
    async with asyncio.timeout(60):
        while len(runners.lines(kind)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
