"""Changes arrive while they happen, at who may see them, and only as long as they may."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from core import in_database
from plugins.todo.schemas import NewTask
from plugins.todo.service import tasks
from tests.core.commands import add_user, command_line
from tests.core.realtime.conftest import Talking, socket
from tests.patience import within
from tests.plugins.todo.asking import PROJECTS, TASKS, project, share, task, undo


async def events(here: Talking, *wanted: str) -> list[Any]:
    """Return what is told until all the wanted events have been."""
    told: list[Any] = []
    while not set(wanted) <= {each["event"] for each in told}:
        message = await here.get()
        told += message.get("data", {}).get("changes", [])
    return told


async def test_changes_of_a_project_arrive_at_its_members(
    server: Any, ada: Any, grace: Any
) -> None:
    house = await project(ada)
    await share(ada, house, "grace", "viewer")
    async with socket(server, grace) as here:
        *_, answer = await here.subscribe(f"todo.project:{house}")
        assert answer["type"] == "subscribed"
        made = await task(ada, "Roof", project=house)
        told = await events(here, "todo.task_created")
        assert [each["task"] for each in told if "task" in each] == [made["id"]]
        await ada.patch(f"{TASKS}/{made['id']}", json={"title": "x"})
        await ada.post(f"{TASKS}/{made['id']}/complete")
        await ada.delete(f"{TASKS}/{made['id']}")
        wanted = ("todo.task_updated", "todo.task_completed", "todo.task_deleted")
        told = await events(here, *wanted)
        assert [each["version"] for each in told] == [2, 3, 4]


async def test_what_is_told_a_little_later_is_no_part_of_the_request(
    server: Any, ada: Any, count_queries: Any
) -> None:
    house = await project(ada)
    async with socket(server, ada) as here:
        await here.subscribe(f"todo.project:{house}")
        count_queries()
        await task(ada, "Roof", project=house)
        await events(here, "todo.task_created")
        asked = count_queries()
    assert any("todo_task" in sql for sql in asked)
    assert not any("realtime_message" in sql for sql in asked)


async def test_who_may_not_see_it_may_not_follow_it(server: Any, ada: Any, grace: Any) -> None:
    house = await project(ada)
    async with socket(server, grace) as here:
        for channel in (
            f"todo.project:{house}",
            "todo.project:2147483647",
            "todo.project:99999999999999999999",
            "todo.project:x",
            f"todo.user:{ada.id}",
        ):
            *_, answer = await here.subscribe(channel)
            assert answer["type"] == "refused", channel
        *_, answer = await here.subscribe(f"todo.user:{grace.id}")
        assert answer["type"] == "subscribed"


async def test_who_is_removed_loses_the_open_socket_within_two_seconds(
    server: Any, ada: Any, grace: Any
) -> None:
    house = await project(ada)
    member = await share(ada, house, "grace")
    async with socket(server, grace) as here:
        await here.subscribe(f"todo.project:{house}")
        await ada.delete(f"{PROJECTS}/{house}/members/{member['id']}")
        async with within(2):
            while (await here.get())["type"] != "unsubscribed":
                pass
        await task(ada, "Secret", project=house)
        await here.subscribe(f"todo.user:{grace.id}")
        await asyncio.sleep(0.3)
        await task(grace, "Mine")
        await share(ada, house, "grace")
        told = await events(here, "todo.project_shared")
        assert {each["event"] for each in told} == {"todo.project_shared"}


async def test_a_task_that_moves_is_told_where_it_was_too(
    server: Any, ada: Any, grace: Any
) -> None:
    house, other = await project(ada), await project(ada, "Other")
    made = await task(ada, "Roof", project=house)
    await share(ada, house, "grace", "viewer")
    async with socket(server, grace) as here:
        await here.subscribe(f"todo.project:{house}")
        await ada.patch(f"{TASKS}/{made['id']}", json={"project": other})
        told = await events(here, "todo.task_moved")
        assert told[-1]["task"] == made["id"]
        await ada.post(f"{TASKS}/{made['id']}/move", json={"project": house})
        await events(here, "todo.task_moved")


async def test_who_shared_by_mistake_takes_the_open_socket_back_by_undo(
    server: Any, ada: Any, grace: Any
) -> None:
    house = await project(ada)
    body = {"username": "grace", "role": "viewer"}
    shared = await ada.post(f"{PROJECTS}/{house}/members", json=body)
    async with socket(server, grace) as here:
        *_, answer = await here.subscribe(f"todo.project:{house}")
        assert answer["type"] == "subscribed"
        assert (await undo(ada, shared)).status_code == 200
        async with within(2):
            while (await here.get())["type"] != "unsubscribed":
                pass


def test_what_a_command_changes_is_told_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with command_line(tmp_path, monkeypatch, "todo") as run:
        add_user(run, "ada")
        made = in_database(lambda: tasks.create(1, NewTask(title="Roof")))
    with sqlite3.connect(tmp_path / "data" / "tenfold.db") as file:
        told = file.execute("SELECT channel, body FROM realtime_message").fetchall()
    ((channel, body),) = told
    assert channel == f"todo.project:{made.project}"
    assert json.loads(body)["changes"][0]["event"] == "todo.task_created"


async def test_who_a_project_is_shared_with_hears_of_it(server: Any, ada: Any, grace: Any) -> None:
    house = await project(ada)
    async with socket(server, grace) as here:
        await here.subscribe(f"todo.user:{grace.id}")
        await share(ada, house, "grace")
        assert (await events(here, "todo.project_shared"))[0]["person"] == grace.id
