"""Periodic tasks have each turn once, whatever the clocks of the hosts do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.tasks.clock import Clock
from core.tasks.queue import enqueue
from core.tasks.schedule import Timetable
from core.tasks.settings import TasksSettings
from core.tasks.tables import QueuedTask, Schedule
from core.tasks.task import Task
from core.tasks.working import Runner
from core.testing import Server
from tests.core.tasks.conftest import Register
from tests.patience import PATIENCE

pytestmark = pytest.mark.usefixtures("client")

MINUTE = timedelta(minutes=1)


async def nothing() -> None:
    """Do nothing."""


MINUTELY = Task(name="test.minutely", run=nothing, every="1m")


async def done() -> int:
    """Take what was enqueued away, and return how much it was."""
    return len(await QueuedTask.delete(force=True).returning(QueuedTask.id))


async def test_each_turn_is_enqueued_once_whoever_notices_it() -> None:
    now = datetime.now(UTC)
    hosts = [Timetable([MINUTELY]) for _ in range(2)]
    for each in hosts:
        await each.read(now)
    for turn in range(1, 4):
        at = now + turn * MINUTE
        assert [await each.enqueue_due(at) for each in hosts] == [1, 0]
        assert await done() == 1
        assert [await each.enqueue_due(at) for each in hosts] == [0, 0]


async def test_turns_that_were_missed_are_one() -> None:
    now = datetime.now(UTC)
    here = Timetable([MINUTELY])
    await here.read(now)
    assert await here.enqueue_due(now + 60 * MINUTE) == 1
    assert await here.enqueue_due(now + 60 * MINUTE) == 0


@pytest.mark.parametrize("starts_anew", [True, False])
async def test_a_clock_that_was_ahead_for_a_while_holds_nothing_up(starts_anew: bool) -> None:
    now = datetime.now(UTC)
    here = Timetable([MINUTELY])
    await here.read(now + timedelta(days=365))
    if starts_anew:
        here = Timetable([MINUTELY])
        await here.read(now)
    assert await here.enqueue_due(now) == 0, "that was no turn"
    (kept,) = await Schedule.select().where(Schedule.name == MINUTELY.name)
    assert kept["next_at"] <= now + MINUTE
    assert await here.enqueue_due(now + MINUTE) == 1


async def test_a_longer_interval_of_another_version_is_left_as_it_is() -> None:
    """While one version takes the place of another, both are there."""
    now = datetime.now(UTC)
    old = Timetable([MINUTELY])
    await old.read(now)
    await Timetable([Task(name=MINUTELY.name, run=nothing, every="1d")]).read(now)
    before = await Schedule.select().where(Schedule.name == MINUTELY.name)
    for _ in range(3):
        assert await old.enqueue_due(now + MINUTE) == 0
    assert await Schedule.select().where(Schedule.name == MINUTELY.name) == before


def set_clocks(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Set the clock of this host, as far as the tasks look at it."""

    class Set(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + by

    monkeypatch.setattr("core.tasks.clock.datetime", Set)


async def test_beside_postgres_the_clock_of_this_host_does_not_count(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    await clock.begin()
    set_clocks(monkeypatch, timedelta(days=1))
    ahead = clock.now() - datetime.now(UTC) > timedelta(hours=1)
    assert ahead is not server.database.startswith("postgres")


async def test_what_is_worked_at_is_not_begun_again_when_the_clock_is_set(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a sleep of the whole machine: its lease is over, but it is our own."""
    begun: list[int] = []
    goes_on = asyncio.Event()

    async def run() -> None:
        begun.append(1)
        await goes_on.wait()

    long = register("test.long", run)
    runner = Runner({long.name: long}, TasksSettings())
    working = asyncio.create_task(runner.work())
    await enqueue("test.long")
    async with asyncio.timeout(PATIENCE):
        while not begun:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    set_clocks(monkeypatch, timedelta(hours=1))
    runner._woken.set()
    await asyncio.sleep(0.5)
    goes_on.set()
    runner.stop()
    await working
    assert begun == [1]
    assert not await QueuedTask.exists().where(QueuedTask.name == "test.long")
