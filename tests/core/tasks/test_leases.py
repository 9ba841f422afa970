"""Whoever works at a task holds it; what nobody works at any more is taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from core.tasks import claims, holding
from core.tasks.attempt import attempt
from core.tasks.claims import Claimed
from core.tasks.clock import Clock
from core.tasks.holding import Run
from core.tasks.queue import enqueue
from core.tasks.settings import TasksSettings
from core.tasks.tables import QueuedTask
from core.tasks.working import Runner
from core.testing import RunTasks
from tests.core.tasks.conftest import Register
from tests.patience import PATIENCE, within

pytestmark = pytest.mark.usefixtures("client")

SOON = timedelta(seconds=5)


async def claimed(name: str, me: str = "me") -> Claimed:
    """Enqueue a task, and claim it."""
    await enqueue(name)
    now = datetime.now(UTC)
    (found,) = await claims.claim(me, now, now + SOON, 1, [name], lapsed=False)
    return found


@pytest.fixture
async def work() -> AsyncIterator[asyncio.Task[bool]]:
    """Return something that goes on."""

    async def go_on() -> bool:
        await asyncio.sleep(60)
        return True

    task = asyncio.create_task(go_on())
    yield task
    task.cancel()


async def test_only_what_is_worked_at_is_held(register: Register, work: asyncio.Task[bool]) -> None:
    """The end of one could not be written down, say; it must not be ours for ever."""

    async def run() -> None:
        raise AssertionError

    register("test.one", run)
    register("test.other", run)
    one, other = await claimed("test.one"), await claimed("test.other")
    before = await QueuedTask.select(QueuedTask.claimed_until).where(QueuedTask.id == other.id)
    runs = {one.id: Run(one, 0.0, work)}
    await holding.renew("me", runs, Clock(), 30)
    after = await QueuedTask.select(QueuedTask.claimed_until).where(QueuedTask.id == other.id)
    assert after == before
    assert runs[one.id].until > 0
    much_later = datetime.now(UTC) + 2 * SOON
    found = await claims.claim(
        "you", much_later, much_later + SOON, 9, ["test.one", "test.other"], lapsed=True
    )
    assert [each.id for each in found] == [other.id]


async def test_a_task_that_ends_as_if_cancelled_has_failed(
    register: Register, run_tasks: RunTasks
) -> None:
    async def run() -> None:
        raise asyncio.CancelledError

    register("test.cancelled", run)
    await enqueue("test.cancelled")
    await run_tasks()
    (kept,) = await QueuedTask.select()
    assert (kept["state"], kept["attempts"]) == ("waiting", 1)
    assert kept["last_error"].startswith("Interrupted: It waited for something")


async def test_a_task_that_is_cancelled_from_outside_stays_claimed(register: Register) -> None:
    async def run() -> None:
        await asyncio.sleep(60)

    task = register("test.long", run)
    work = asyncio.create_task(attempt(task, await claimed("test.long"), Clock().now))
    await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    (kept,) = await QueuedTask.select()
    assert (kept["state"], kept["last_error"]) == ("running", "")


async def test_a_task_cannot_end_its_runner(register: Register, run_tasks: RunTasks) -> None:
    async def run() -> None:
        raise SystemExit(3)

    register("test.leaves", run)
    await enqueue("test.leaves")
    await run_tasks()
    (kept,) = await QueuedTask.select()
    assert (kept["state"], kept["last_error"]) == ("waiting", "SystemExit: 3")


async def stopped_while(register: Register, run: Callable[[], Awaitable[None]]) -> None:
    """Stop a runner while it works at five of these; it leaves them all at once."""
    begun: list[int] = []

    async def begin() -> None:
        begun.append(1)
        await run()

    task = register("test.long", begin)
    runner = Runner({task.name: task}, TasksSettings(stop_seconds=0))
    working = asyncio.create_task(runner.work())
    for _ in range(5):
        await enqueue("test.long")
    async with asyncio.timeout(PATIENCE):
        while len(begun) < 5:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    async with within(4):  # not one after the other
        runner.stop()
        await working


async def test_a_runner_that_stops_leaves_all_its_tasks_at_once(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tasks.working.PATIENCE", PATIENCE)

    async def run() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(1)

    await stopped_while(register, run)
    kept = await QueuedTask.select()
    assert {(each["state"], each["attempts"]) for each in kept} == {("waiting", 0)}


async def test_what_does_not_let_itself_be_stopped_is_not_given_away_while_it_goes_on(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = asyncio.Event()

    async def run() -> None:
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()

    monkeypatch.setattr("core.tasks.working.PATIENCE", 0.1)
    await stopped_while(register, run)
    kept = await QueuedTask.select()
    assert {each["state"] for each in kept} == {"running"}
    over.set()
    async with asyncio.timeout(PATIENCE):
        while await QueuedTask.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
