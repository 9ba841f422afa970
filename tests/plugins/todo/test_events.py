"""Each event is written down for webhooks in the transaction of the change it tells of."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from core.webhooks.tables import Delivery
from plugins.todo import events
from tests.core.webhooks.events import names_in, watching
from tests.plugins.todo.asking import (
    PROJECTS,
    TASKS,
    TODO,
    make,
    project,
    share,
    task,
    titles,
)


async def test_every_event_is_delivered_from_inside_its_transaction(
    admin: Any, ada: Any, grace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await watching(monkeypatch, admin, "todo.*")
    house = await project(ada)
    here, made = f"{PROJECTS}/{house}", await task(ada, project=house)
    there = f"{TASKS}/{made['id']}"
    await ada.patch(here, json={"name": "Home"})
    member = await share(ada, house, "grace")
    await ada.patch(f"{here}/members/{member['id']}", json={"role": "viewer"})
    await grace.delete(f"{here}/members/{member['id']}")
    await ada.patch(there, json={"title": "Milk"})
    await ada.patch(there, json={"labels": ["shop"]})
    comment = f"{there}/comments/{(await make(ada, f'{there}/comments', text='Fresh'))['id']}"
    await ada.patch(comment, json={"text": "Sour"})
    await ada.delete(comment)
    other = await task(ada, project=house)
    for path in ("move", "complete", "reopen"):
        answer = await ada.post(
            f"{there}/{path}", json={} if path != "move" else {"after": other["id"]}
        )
        assert answer.status_code == 200, answer.text
    await ada.delete(there)
    await ada.post(f"{there}/restore")
    await ada.delete(here)
    await ada.post(f"{here}/restore")
    assert await webhook.told() == names_in(events)


async def test_sub_tasks_and_what_a_label_changes_have_events_of_their_own(
    admin: Any, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await project(ada)
    parent = await task(ada, "Roof", labels=["x"])
    child = await task(ada, "Tiles", parent=parent["id"])
    (label,) = (await ada.get(f"{TODO}/labels")).json()["items"]
    await watching(monkeypatch, admin, "todo.*")
    here = f"{TASKS}/{parent['id']}"

    async def told() -> set[Any]:
        rows = await Delivery.select(Delivery.event, Delivery.body)
        await Delivery.delete(force=True)
        bodies = [(row["event"], msgspec.json.decode(row["body"])["data"]) for row in rows]
        return {(event.removeprefix("todo.task_"), data["task_id"]) for event, data in bodies}

    both = (parent["id"], child["id"])
    for path, body, event in (
        (f"{here}/complete?children=true", None, "completed"),
        (f"{TASKS}/{child['id']}/reopen", None, "reopened"),
        (f"{here}/move", {"project": house}, "moved"),
    ):
        assert (await ada.post(path, json=body)).status_code == 200
        assert await told() == {(event, id) for id in both}
    await ada.patch(f"{TODO}/labels/{label['id']}", json={"name": "y"})
    assert await told() == {("updated", parent["id"])}
    await ada.delete(here)
    assert await told() == {("deleted", id) for id in both}
    await ada.post(f"{here}/restore")
    assert await told() == {("restored", id) for id in both}


async def test_what_cannot_be_told_does_not_happen(
    admin: Any, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await watching(monkeypatch, admin, "todo.*")
    house = await project(ada)
    made = await task(ada, "Milk", project=house)
    there = f"{TASKS}/{made['id']}"
    await webhook.refused(ada.post(TASKS, json={"title": "Bread"}))
    await webhook.refused(ada.post(TASKS, json={"title": "Salt", "labels": ["shop"]}))
    await webhook.refused(ada.patch(there, json={"title": "Cheese"}))
    await webhook.refused(ada.post(f"{there}/complete"))
    await webhook.refused(ada.delete(there))
    await webhook.refused(ada.patch(f"{PROJECTS}/{house}", json={"name": "Home"}))
    await webhook.refused(ada.delete(f"{PROJECTS}/{house}"))
    await webhook.refused(ada.post(f"{PROJECTS}/{house}/members", json={"username": "root"}))
    assert await titles(ada) == ["Milk"]
    assert (await ada.get(there)).json() == made
    assert (await ada.get(f"{PROJECTS}/{house}")).json()["name"] == "House"
    assert (await ada.get(f"{PROJECTS}/{house}/members")).json()["items"] == []
