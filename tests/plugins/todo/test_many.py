"""Many tasks changed together: few statements, and each with all that one by itself would have."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from core.webhooks.tables import Delivery
from plugins.todo.tables import Completion, Task
from tests.core.webhooks.events import watching
from tests.plugins.todo.asking import TASKS, TODO, make, project, share, task, undo

BULK = f"{TASKS}/bulk"
DAILY = {"due": {"date": "2098-01-01"}, "recurrence": {"rule": "FREQ=DAILY;COUNT=9"}}
MOST = 15


async def all_of(person: Any, ids: list[int], action: str) -> Any:
    items = [{"id": id, "action": action} for id in ids]
    answer = await person.post(BULK, json={"tasks": items})
    assert answer.status_code == 200, answer.text
    return answer


async def some(person: Any, count: int, project: int, parent: int | None = None) -> list[int]:
    """Write tasks straight into the database and return their ids."""
    now = datetime.now(UTC)
    row: dict[str, Any] = {"owner": person.id, "project": project, "title": "x", "parent": parent}
    rows = [Task(**row, created_at=now, updated_at=now) for _ in range(count)]
    return [each["id"] for each in await Task.insert(*rows)]


async def test_a_hundred_cost_a_dozen_statements(ada: Any, count_queries: Any) -> None:
    ids = await some(ada, 70, await project(ada))
    ids += await some(ada, 20, await project(ada, "Garden"))
    ids += [(await task(ada, f"{n}", **DAILY))["id"] for n in range(10)]
    for action in ("complete", "reopen", "delete"):
        count_queries()
        await all_of(ada, ids, action)
        assert len(count_queries()) <= MOST, action


async def test_a_parent_is_done_with_a_thousand_sub_tasks(ada: Any, count_queries: Any) -> None:
    house = await project(ada)
    parent = (await task(ada, "Roof", project=house))["id"]
    for _ in range(3):
        await some(ada, 400, house, parent)
    count_queries()
    answer = await ada.post(f"{TASKS}/{parent}/complete?children=true")
    assert answer.status_code == 200, answer.text
    assert len(count_queries()) <= MOST + 6
    assert await Task.count().where(Task.done.eq(True), Task.project == house) == 1201
    assert await Completion.count() == 1201


async def test_each_is_told_kept_and_undone(
    admin: Any, ada: Any, grace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await project(ada)
    await share(ada, house, "grace")
    parent = await task(ada, "Roof", project=house, **DAILY)
    child = await task(ada, "Tiles", parent=parent["id"])
    ids = [child["id"], parent["id"], (await task(ada, "Milk", **DAILY))["id"]]
    ids += await some(ada, 2, house)
    for person in (ada, grace):
        await make(person, f"{TASKS}/{parent['id']}/reminders", before=10)
    since = (await ada.post(f"{TODO}/sync", json={})).json()["cursor"]
    await watching(monkeypatch, admin, "todo.*")
    bulk = await all_of(ada, ids, "complete")
    told = {each["id"]: each for each in bulk.json()["tasks"]}
    rows = await Delivery.select(Delivery.event, Delivery.body).order_by(Delivery.id)
    bodies = [(row["event"], msgspec.json.decode(row["body"])["data"]) for row in rows]
    completed = [data["task_id"] for event, data in bodies if event == "todo.task_completed"]
    assert sorted(completed) == sorted(ids)
    last = {data["task_id"]: data["version"] for _, data in bodies}
    assert last == {id: each["version"] for id, each in told.items()}
    assert [told[id]["done"] for id in ids] == [False, False, False, True, True]
    assert told[parent["id"]]["recurrence"]["rule"] == "FREQ=DAILY;COUNT=8"
    fires = [
        (await person.get(f"{TASKS}/{parent['id']}/reminders")).json()["items"][0]["fire_at"]
        for person in (ada, grace)
    ]
    assert fires == ["2098-01-02T08:50:00Z"] * 2
    synced = (await ada.post(f"{TODO}/sync", json={"since": since})).json()
    assert {each["id"]: each for each in synced["tasks"]} == told
    assert (await undo(ada, bulk)).status_code == 200
    assert await Completion.count() == 0
    assert (await ada.get(f"{TASKS}/{parent['id']}")).json()["due"] == parent["due"]


async def test_what_is_done_while_one_waits_is_not_done_once_more(ada: Any, server: Any) -> None:
    from plugins.todo.schemas_sync import BulkIn, BulkItem
    from plugins.todo.service import bulk

    ids = [(await task(ada, f"{n}", **DAILY))["id"] for n in range(3)]
    body = BulkIn([BulkItem(id, action="complete") for id in ids])
    results = await asyncio.gather(*(bulk.change(ada.id, body) for _ in range(2)))
    dates = {each.due.date for result in results for each in result.tasks if each and each.due}
    assert dates == {"2098-01-02"}
    assert await Completion.count() == 3
