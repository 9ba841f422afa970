"""The application as a whole: plugins on and off, clients that go away, events, repeated work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from core import events
from core.db.engine import transaction
from core.plugins import OWN
from core.repeating import repeating, resting
from core.testing import Server, serving, sign_up
from plugins.todo.events import TaskCompleted, TaskCreated
from tests.patience import PATIENCE

TASKS = "/api/v1/todo/tasks"


@asynccontextmanager
async def with_plugins(
    enabled: str, environment: dict[str, str], database: str
) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    settings = environment | {
        "TENFOLD_ENABLED": enabled,
        "TENFOLD_CORE__DATABASE": database,
    }
    async with (
        serving(settings) as server,
        httpx.AsyncClient(timeout=60, base_url=server.url) as client,
    ):
        yield server, client


async def test_a_plugin_switched_off_is_gone_but_for_its_data(
    tenfold_environment: dict[str, str], tmp_path: Any
) -> None:
    database = f"sqlite:///{tmp_path}/switched.db"
    async with with_plugins("todo", tenfold_environment, database) as (server, client):
        _, token = await sign_up(server, "ada")
        headers = {"authorization": f"Bearer {token}"}
        task = (await client.post(TASKS, json={"title": "milk"}, headers=headers)).json()
    async with with_plugins("", tenfold_environment, database) as (server, client):
        assert (await client.get(TASKS, headers=headers)).status_code == 404
        assert "/api/v1/todo/tasks" not in (await client.get("/openapi.json")).json()["paths"]
        listed = (await client.get("/api/v1")).json()["plugins"]
        assert {plugin["name"] for plugin in listed} == set(OWN) - {"core"}
        assert "todo" not in [name for name, _ in server.plugins.call("register_admin")]
        me = (await client.get("/api/v1/auth/me", headers=headers)).json()
        assert me["username"] == "ada"
    async with with_plugins("todo", tenfold_environment, database) as (_, client):
        assert (await client.get(TASKS, headers=headers)).json()["items"] == [task]


async def test_a_change_goes_on_when_its_client_goes_away(server: Server, ada: Any) -> None:
    address = urlsplit(server.url)
    body = json.dumps({"title": "milk"})
    head = (
        f"POST {TASKS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: {ada.headers['authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(20):
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write((head + body).encode())
        await writer.drain()
        await asyncio.sleep(0)
        writer.transport.abort()
    await asyncio.sleep(0.3)
    answer = await ada.post(TASKS, json={"title": "honest"})
    assert answer.status_code == 201
    titles = [task["title"] for task in (await ada.get(f"{TASKS}?limit=100")).json()["items"]]
    assert titles.count("honest") == 1
    assert set(titles) <= {"milk", "honest"}, "those that were aborted may still come behind it"


async def test_events_are_told_after_the_commit_and_a_broken_listener_harms_nobody(
    server: Server, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []

    async def listener(event: Any) -> None:
        heard.append(event)

    async def broken(event: Any) -> None:
        raise RuntimeError("disk is full")

    name = TaskCreated.name()
    assert name == "todo.task_created"
    monkeypatch.setitem(events._handlers, name, [("one", broken), ("two", listener)])
    monkeypatch.setitem(events._handlers, TaskCompleted.name(), [("two", listener)])
    task = (await ada.post(TASKS, json={"title": "milk"})).json()
    what = {"task_id": task["id"], "project_id": task["project"], "actor_id": ada.id}
    assert heard == [TaskCreated(**what, version=1)]
    for _ in range(2):
        await ada.post(f"{TASKS}/{task['id']}/complete")
    assert heard[1:] == [TaskCompleted(**what, version=2)]


OTHERS = {"project_id": 1, "actor_id": 1, "version": 1}


async def test_what_is_undone_is_not_told(
    server: Server, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []

    async def listener(event: Any) -> None:
        heard.append(event.task_id)

    monkeypatch.setitem(events._handlers, TaskCreated.name(), [("one", listener)])
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await events.emit(TaskCreated(task_id=1, **OTHERS))
            raise ZeroDivisionError
    async with transaction():
        await events.emit(TaskCreated(task_id=2, **OTHERS))
        with pytest.raises(ZeroDivisionError):
            async with transaction():
                await events.emit(TaskCreated(task_id=3, **OTHERS))
                raise ZeroDivisionError
        assert heard == []
    assert heard == [2]


async def test_repeated_work_goes_on_after_a_failure_and_ends_with_its_block() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(len(done))
        if len(done) == 2:
            raise RuntimeError("once")

    async with repeating(0.01, work), asyncio.timeout(PATIENCE):
        while len(done) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    count = len(done)
    await asyncio.sleep(0.05)
    assert len(done) == count


async def test_repeated_work_rests_where_it_is_told_to() -> None:
    """So that a server under test says nothing when another database comes into use."""
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    async with repeating(0.01, work), asyncio.timeout(PATIENCE):
        with resting():
            await asyncio.sleep(0.1)
            assert done == []
        while not done:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
