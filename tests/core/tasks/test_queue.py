"""Work is done if and only if the change around it was, and as often as it was asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.db.engine import transaction
from core.tasks.queue import cancel, counts, enqueue
from core.tasks.tables import QueuedTask
from core.testing import RunTasks, Server
from tests.core.tasks.conftest import Register, Word

pytestmark = pytest.mark.usefixtures("client", "say")

SOON = timedelta(hours=1)


async def test_what_is_enqueued_is_done_once_and_leaves_no_row(
    run_tasks: RunTasks, said: list[str]
) -> None:
    await enqueue("test.say", Word("hello"))
    assert await run_tasks() == 1
    assert await run_tasks() == 0
    assert said == ["hello"]
    assert not await QueuedTask.exists()


async def test_it_is_done_if_and_only_if_the_change_was(
    run_tasks: RunTasks, said: list[str]
) -> None:
    with pytest.raises(RuntimeError):
        async with transaction():
            await enqueue("test.say", Word("undone"))
            raise RuntimeError
    async with transaction():
        await enqueue("test.say", Word("done"))
    await run_tasks()
    assert said == ["done"]


async def test_it_is_not_done_before_its_time(run_tasks: RunTasks, said: list[str]) -> None:
    later = datetime.now(UTC) + SOON
    await enqueue("test.say", Word("later"), run_at=later)
    assert await run_tasks() == 0
    assert await run_tasks(at=later) >= 1
    assert said == ["later"]


async def test_it_is_done_at_once_though_the_clock_of_its_host_is_ahead(
    server: Server, run_tasks: RunTasks, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not server.database.startswith("postgres"):
        return

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + SOON

    monkeypatch.setattr("core.tasks.queue.datetime", Ahead)
    await enqueue("test.say", Word("now"))
    assert await run_tasks() == 1
    assert said == ["now"]


async def test_one_of_a_key_waits_and_the_last_word_counts(
    run_tasks: RunTasks, said: list[str]
) -> None:
    later = datetime.now(UTC) + SOON
    first = await enqueue("test.say", Word("first"), key="a")
    assert await enqueue("test.say", Word("second"), key="a", run_at=later) == first
    await enqueue("test.say", Word("other"), key="b")
    await run_tasks()
    assert said == ["other"]
    await run_tasks(at=later)
    assert said == ["other", "second"]


async def test_what_waits_can_be_cancelled(run_tasks: RunTasks, said: list[str]) -> None:
    await enqueue("test.say", Word("no"), key="a")
    assert await cancel("test.say", "a")
    assert not await cancel("test.say", "a")
    await run_tasks()
    assert said == []


async def test_work_may_enqueue_more_work(
    run_tasks: RunTasks, said: list[str], register: Register
) -> None:
    async def more(word: Word) -> None:
        await enqueue("test.say", Word(word.text * 2))

    register("test.more", more)
    await enqueue("test.more", Word("ha"))
    assert await run_tasks() == 2
    assert said == ["haha"]


@pytest.mark.parametrize(
    ("name", "payload", "more", "error", "says"),
    [
        ("test.sya", Word("x"), {}, LookupError, "did you mean 'test.say'"),
        ("test.say", None, {}, TypeError, "takes Word, not NoneType"),
        ("test.say", Word("x"), {"key": "x" * 201}, ValueError, "1 to 200 characters"),
        ("test.say", Word("x"), {"key": ""}, ValueError, "1 to 200 characters"),
        ("test.say", Word("x"), {"run_at": datetime(2030, 1, 1)}, ValueError, "time zone"),
    ],
)
async def test_a_mistake_is_told_at_once(
    name: str, payload: Any, more: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        await enqueue(name, payload, **more)


async def test_any_text_comes_back_as_it_was(run_tasks: RunTasks, said: list[str]) -> None:
    text = "quotes \" ' {} and \0 and 🦊"
    await enqueue("test.say", Word(text), key="{}")
    await run_tasks()
    assert said == [text]


async def test_what_there_is_to_do_can_be_counted(register: Register, run_tasks: RunTasks) -> None:
    async def fail() -> None:
        raise RuntimeError

    register("test.fail", fail, attempts=1)
    await enqueue("test.fail")
    await run_tasks()
    assert (await counts()).oldest == 0
    await enqueue("test.say", Word("x"), run_at=datetime.now(UTC) - SOON)
    await enqueue("test.say", Word("x"), run_at=datetime.now(UTC) + SOON)
    found = await counts()
    assert (found.waiting, found.running, found.dead) == (2, 0, 1)
    assert 3500 < found.oldest < 3700
