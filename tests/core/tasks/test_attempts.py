"""What fails is tried again, later each time; in the end it is kept for a person to look at."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from core.plugins import PluginError
from core.tasks.queue import enqueue
from core.tasks.tables import QueuedTask
from core.tasks.task import GivenUp, Task, collect
from core.testing import RunTasks
from tests.core.tasks.conftest import Register, Word

pytestmark = pytest.mark.usefixtures("client")


async def row() -> dict[str, Any]:
    (found,) = await QueuedTask.select().where(QueuedTask.name.like("test.%"))
    return dict(found)


@pytest.fixture
def failing(register: Register) -> Task:
    async def run() -> None:
        raise RuntimeError("the moon is full")

    return register("test.fail", run, attempts=3)


async def test_what_fails_is_tried_again_ever_later(
    failing: Task, run_tasks: RunTasks, caplog: pytest.LogCaptureFixture
) -> None:
    await enqueue("test.fail")
    now, waits = datetime.now(UTC), []
    for _ in range(2):
        assert await run_tasks(at=now) >= 1
        kept = await row()
        assert (kept["state"], kept["last_error"]) == ("waiting", "RuntimeError: the moon is full")
        waits.append((kept["run_at"] - now).total_seconds())
        now = kept["run_at"]
    assert 1.5 <= waits[0] <= 2.5
    assert 6 <= waits[1] <= 10
    await run_tasks(at=now)
    kept = await row()
    assert (kept["state"], kept["attempts"], kept["ended_at"]) == ("dead", 3, now)
    assert "The task test.fail" in caplog.text
    assert "was given up: RuntimeError: the moon is full" in caplog.text
    assert await run_tasks(at=now + timedelta(days=1)) == 0 or (await row())["state"] == "dead"


async def test_waits_may_be_said(register: Register) -> None:
    task = Task(name="test.x", run=None, waits=(5, 300))  # type: ignore[arg-type]
    assert [task.wait(attempts) for attempts in (1, 2, 3, 9)] == [5, 300, 300, 300]
    plain = Task(name="test.x", run=None)  # type: ignore[arg-type]
    assert [plain.wait(attempts) for attempts in (1, 2, 3, 7, 99)] == [2, 8, 32, 3600, 3600]


async def test_what_can_never_succeed_is_tried_once(
    register: Register, run_tasks: RunTasks
) -> None:
    async def run() -> None:
        raise GivenUp("nobody lives there")

    register("test.hopeless", run)
    await enqueue("test.hopeless")
    await run_tasks()
    kept = await row()
    assert (kept["state"], kept["attempts"]) == ("dead", 1)


async def test_what_takes_too_long_is_stopped(register: Register, run_tasks: RunTasks) -> None:
    ended: list[str] = []

    async def run() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("stopped")

    register("test.slow", run, timeout=0.05)
    await enqueue("test.slow")
    await run_tasks()
    assert ended == ["stopped"]
    assert (await row())["last_error"] == "Overdue: It was not done within 0.05 seconds."


async def test_a_task_of_a_disabled_plugin_waits_untouched(
    register: Register, say: Task, run_tasks: RunTasks, said: list[str]
) -> None:
    from core.tasks import task as registry

    await enqueue("test.say", Word("hello"))
    before = await row()
    del registry._tasks["test.say"]
    assert await run_tasks() == 0
    assert await row() == before
    registry._tasks["test.say"] = say
    await run_tasks()
    assert said == ["hello"]


async def test_a_payload_that_no_longer_fits_is_given_up_with_a_clear_word(
    register: Register, say: Task, run_tasks: RunTasks
) -> None:
    class Number(msgspec.Struct):
        number: int

    await enqueue("test.say", Word("hello"))

    async def run(number: Number) -> None:
        raise AssertionError

    run.__annotations__["number"] = Number
    register("test.say", run)
    await run_tasks()
    kept = await row()
    assert kept["state"] == "dead"
    assert "The payload does not fit what the task takes now" in kept["last_error"]
    assert "`number`" in kept["last_error"]


async def test_a_sealed_payload_shows_nothing_in_the_database(
    register: Register, run_tasks: RunTasks, said: list[str]
) -> None:
    async def run(word: Word) -> None:
        said.append(word.text)

    register("test.secret", run, sealed=True)
    await enqueue("test.secret", Word("the code is 1234"))
    kept = await row()
    assert "1234" not in str(kept)
    assert "code" not in str(kept)
    await run_tasks()
    assert said == ["the code is 1234"]
    await enqueue("test.secret", Word("x"))
    await QueuedTask.update({QueuedTask.payload: "gAAAAA"}, force=True)
    await run_tasks()
    assert "encrypted with another secret" in (await row())["last_error"]


async def test_a_newer_one_of_the_key_takes_the_place_of_one_that_failed(
    register: Register, run_tasks: RunTasks, said: list[str]
) -> None:
    async def run(word: Word) -> None:
        said.append(word.text)
        if word.text == "old":
            await enqueue("test.again", Word("new"), key="a")
            raise RuntimeError

    register("test.again", run)
    await enqueue("test.again", Word("old"), key="a")
    assert await run_tasks() == 2
    assert said == ["old", "new"]
    assert not await QueuedTask.exists()


async def test_one_dead_letter_of_a_key_is_enough(
    register: Register, run_tasks: RunTasks, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        raise GivenUp

    register("test.hopeless", run)
    for _ in range(3):
        await enqueue("test.hopeless", key="a")
        await run_tasks()
    assert await QueuedTask.count() == 1
    caplog.set_level(logging.WARNING)


class Declared:
    """Plugins that declare some tasks."""

    def __init__(self, *tasks: Task) -> None:
        self._tasks = tasks

    def call(self, hook: str) -> Any:
        assert hook == "register_tasks"
        return [("mine", self._tasks)]


async def nothing() -> None:
    """Do nothing."""


async def takes(word: Word) -> None:
    """Take something."""


@pytest.mark.parametrize(
    ("tasks", "says"),
    [
        ([Task(name="other.x", run=nothing)], "must be called mine.other.x"),
        ([Task(name="mine.x", run=nothing)] * 2, "registered twice"),
        ([Task(name="mine.x", run=nothing, every="soon")], "no time such as"),
        ([Task(name="mine.x", run=nothing, every="0s")], "no time such as"),
        ([Task(name="mine.x", run=takes, every="1h")], "must take no payload"),
        ([Task(name="mine.x", run=nothing, attempts=0)], "needs an attempt"),
    ],
)
def test_a_task_that_cannot_be_is_refused_at_the_start(tasks: Any, says: str) -> None:
    with pytest.raises(PluginError, match=says):
        collect(Declared(*tasks))  # type: ignore[arg-type]
