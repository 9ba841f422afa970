"""Staff see what waits and what was given up, try it again and delete it."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from core.auth.tables import AuditEntry
from core.cli import main
from core.tasks.queue import enqueue
from core.tasks.tables import QueuedTask
from core.tasks.task import Task
from core.testing import RunTasks, Server
from tests.core.tasks.conftest import Register, Word
from tests.core.tasks.examples import TASKS, dead


async def test_the_list_shows_no_payload_and_takes_one_query(
    admin: Any, say: Task, count_queries: Any
) -> None:
    for number in range(5):
        await enqueue("test.say", Word(f"private {number}"))
    await dead()
    count_queries()
    answer = await admin.get(f"{TASKS}?limit=3")
    assert len([sql for sql in count_queries() if "tasks_task" in sql]) == 1
    page = answer.json()
    assert [each["state"] for each in page["items"]] == ["dead", "waiting", "waiting"]
    assert "private" not in answer.text
    rest = (await admin.get(f"{TASKS}?limit=3&cursor={page['next']}")).json()
    assert len(rest["items"]) == 3
    only = (await admin.get(f"{TASKS}?state=dead&count=true")).json()
    assert (only["total"], only["items"][0]["name"]) == (1, "test.dead")


async def test_what_was_given_up_can_be_tried_again(
    admin: Any, register: Register, run_tasks: RunTasks
) -> None:
    done: list[str] = []

    async def run() -> None:
        done.append("done")

    register("test.dead", run)
    id = await dead()
    answer = await admin.post(f"{TASKS}/{id}/retry")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["attempts"]) == ("waiting", 0)
    await run_tasks()
    assert done == ["done"]
    assert await AuditEntry.exists().where(AuditEntry.event == "task_retried")


async def test_what_runs_cannot_be_changed(admin: Any) -> None:
    id = await dead()
    await QueuedTask.update({QueuedTask.state: "running"}).where(QueuedTask.id == id)
    for answer in (await admin.post(f"{TASKS}/{id}/retry"), await admin.delete(f"{TASKS}/{id}")):
        assert (answer.status_code, answer.json()["code"]) == (409, "task_running")


async def test_of_two_with_a_key_one_waits(admin: Any, say: Task) -> None:
    id = await dead(name="test.say")
    await QueuedTask.update({QueuedTask.key: "a"}).where(QueuedTask.id == id)
    await enqueue("test.say", Word("newer"), key="a")
    answer = await admin.post(f"{TASKS}/{id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "another_task_waits")


async def test_a_task_can_be_deleted(admin: Any) -> None:
    id = await dead()
    assert (await admin.delete(f"{TASKS}/{id}")).status_code == 204
    assert (await admin.delete(f"{TASKS}/{id}")).status_code == 404


async def test_an_ordinary_user_may_not_look(ada: Any) -> None:
    assert (await ada.get(TASKS)).status_code == 403


async def test_what_was_given_up_long_ago_is_forgotten(admin: Any) -> None:
    from core.tasks.upkeep import forget_dead

    await dead()
    await forget_dead(1)
    assert await QueuedTask.count() == 1
    await forget_dead(0)
    assert await QueuedTask.count() == 0


def test_the_command_lists_tries_again_and_deletes(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import configuration
    from core.commands.running import prepare, with_database
    from core.db import engine
    from core.tasks import task as registry

    before, working = engine.current(), registry.current()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugins.toml").write_text("enabled = []\n")
    plugins = configuration.read()

    async def fill() -> Any:
        await prepare(plugins)
        return await dead()

    try:
        id = str(with_database(plugins, fill))

        def tenfold(*arguments: str) -> Any:
            return CliRunner().invoke(main, ["tasks", *arguments])

        assert "dead" in tenfold("list", "--state", "dead").output
        assert tenfold("retry", id).output == "test.dead is tried again.\n"
        assert tenfold("list", "--state", "dead").output == ""
        assert tenfold("delete", id).exit_code == 0
        gone = tenfold("delete", id)
        assert (gone.exit_code, "There is no task" in gone.output) == (1, True)
    finally:
        if before is not None:
            engine.use(before)
        if working is not None:
            registry.use(working)


async def test_the_page_of_metrics_counts(server: Server, client: Any) -> None:
    from core.tasks.queue import counts

    await dead()
    assert (await counts()).dead == 1
