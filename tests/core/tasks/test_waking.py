"""A runner with nothing to do asks nothing, and begins at once with what it is told of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from core.db.engine import engine
from core.tasks import claims, service
from core.tasks.queue import enqueue
from core.tasks.settings import TasksSettings
from core.tasks.tables import DEAD, QueuedTask
from core.tasks.task import Task
from core.tasks.working import Runner
from core.testing import Server
from tests.core.tasks.conftest import Word
from tests.patience import until

pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
async def runner(say: Task, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runner]:
    """Return a runner at work that looks by itself only when something is due, or seldom."""
    monkeypatch.setattr("core.tasks.working.QUIET", 60.0)
    monkeypatch.setattr("core.tasks.working.SELDOM", 60.0)
    monkeypatch.setattr("core.tasks.working.SHARE", 0)  # a slow look is none of the runner's
    monkeypatch.setattr("core.tasks.waking.AGAIN", 0.1)
    runner = Runner({say.name: say}, TasksSettings())
    working = asyncio.create_task(runner.work())
    await until(lambda: runner._waking.is_on)
    yield runner
    runner.stop()
    await working


async def test_a_runner_with_nothing_to_do_asks_nothing(
    runner: Runner, count_queries: Callable[[], list[str]]
) -> None:
    for _ in range(20):  # it has looked round before it rests
        count_queries()
        await asyncio.sleep(0.4)
        asked = [sql for sql in count_queries() if "tasks_task" in sql]
        if not asked:
            break
    assert asked == []


async def test_it_begins_at_once_with_what_is_left_to_it(runner: Runner, said: list[str]) -> None:
    await enqueue("test.say", Word("now"))
    await until(lambda: said == ["now"])
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    await enqueue("test.say", Word("soon"), run_at=soon)
    await until(lambda: said == ["now", "soon"])
    assert datetime.now(UTC) >= soon


async def test_it_begins_at_once_with_what_staff_try_again(runner: Runner, said: list[str]) -> None:
    id = await enqueue("test.say", Word("x"), run_at=datetime.now(UTC) + timedelta(days=1))
    await QueuedTask.update({QueuedTask.state: DEAD}).where(QueuedTask.id == id)
    await service.retry(id)
    await until(lambda: said == ["x"])


async def test_it_listens_again_when_its_connection_was_lost(
    server: Server, runner: Runner, said: list[str]
) -> None:
    if not server.database.startswith("postgres"):
        return
    import asyncpg

    admin = await asyncpg.connect(server.database)
    lost = asyncio.create_task(until(lambda: not runner._waking.is_on))
    await admin.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'tenfold tasks' AND datname = current_database()"
    )
    await admin.close()
    await lost
    await enqueue("test.say", Word("meanwhile"))
    await until(lambda: said == ["meanwhile"])
    await until(lambda: runner._waking.is_on)


async def test_a_look_passes_over_what_is_due_later(
    server: Server, count_queries: Callable[[], list[str]]
) -> None:
    """However much it is: an index that begins with the time answers each part of the question."""
    if server.database.startswith("postgres"):
        return
    now = datetime.now(UTC)
    count_queries()
    await claims.waiting(now, now, "test.say")
    for lapsed in (False, True):
        await claims.claim("me", now, now, 1, ["test.say"], lapsed=lapsed)
    asked = [sql for sql in count_queries() if "tasks_task" in sql]
    assert len(asked) == 3
    for sql in asked:
        plan = await engine().fetch(f"EXPLAIN QUERY PLAN {sql}", ["x"] * sql.count("?"))
        steps = [row[-1] for row in plan if "t USING" in row[-1] or "SCAN t" in row[-1]]
        assert steps
        assert not [step for step in steps if "_due" not in step and "_lapsed" not in step]
