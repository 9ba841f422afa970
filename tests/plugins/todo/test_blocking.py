"""Who changes several rows at once never blocks another one, whichever way round they do it.

Each label that is added is followed by a pause, in which the others take what they can get: where
two take the same things in different orders, PostgreSQL finds that they wait for each other, and
ends one of them with an error. SQLite lets one write at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import pytest

from plugins.todo.service import labels
from tests.plugins.todo.asking import TASKS, TODO, project, task

PAUSE = 0.15


@pytest.fixture(autouse=True)
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    add = labels._add

    async def added(*values: Any) -> Any:
        found = await add(*values)
        await asyncio.sleep(PAUSE)
        return found

    monkeypatch.setattr(labels, "_add", added)


async def together(*asked: Awaitable[Any]) -> Sequence[Any]:
    answers = await asyncio.gather(*asked)
    assert {each.status_code for each in answers} <= {200, 201}, [each.text for each in answers]
    return answers


async def names(person: Any) -> list[str]:
    listed = (await person.get(f"{TODO}/labels")).json()["items"]
    return [each["name"] for each in listed]


async def test_two_tasks_get_the_same_labels_in_either_order(ada: Any) -> None:
    made = [await task(ada, name, project=await project(ada, name)) for name in "ab"]
    words = ["x", "y", "z"]
    await together(
        ada.patch(f"{TASKS}/{made[0]['id']}", json={"labels": words}),
        ada.patch(f"{TASKS}/{made[1]['id']}", json={"labels": words[::-1]}),
        ada.post(TASKS, json={"title": "c", "labels": ["y", "x"]}),
    )
    assert await names(ada) == words


async def test_two_bulks_put_the_same_labels_on_in_either_order(ada: Any) -> None:
    houses = [await project(ada, name) for name in "ab"]
    ids = [[(await task(ada, project=house))["id"] for _ in range(2)] for house in houses]

    def bulk(ids: list[int], words: str) -> Any:
        items = [{"id": id, "labels": [word]} for id, word in zip(ids, words, strict=True)]
        return ada.post(f"{TASKS}/bulk", json={"tasks": items})

    await together(bulk(ids[0], "xy"), bulk(ids[1], "yx"))
    assert await names(ada) == ["x", "y"]


async def test_a_label_is_renamed_to_what_a_new_task_brings_along(ada: Any) -> None:
    for number in range(3):
        house = await project(ada, f"{number}")
        old, new = f"a{number}", f"b{number}"
        await task(ada, "Roof", project=house, labels=[old])
        listed = (await ada.get(f"{TODO}/labels")).json()["items"]
        here = next(f"{TODO}/labels/{each['id']}" for each in listed if each["name"] == old)

        async def renamed(here: str = here, new: str = new) -> Any:
            await asyncio.sleep(PAUSE / 2)  # the new task has been, or is about to be, written
            return await ada.patch(here, json={"name": new})

        body = {"title": "Tiles", "project": house, "labels": [new]}
        added, changed = await asyncio.gather(ada.post(TASKS, json=body), renamed())
        assert added.status_code == 201, added.text
        assert changed.status_code in (200, 409), changed.text
        assert new in await names(ada)


async def test_a_label_gets_onto_a_task_elsewhere_while_it_is_renamed(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, garden = await project(ada), await project(ada, "Garden")
    await task(ada, "Roof", project=house, labels=["a"])
    tree = await task(ada, "Tree", project=garden)
    (label,) = (await ada.get(f"{TODO}/labels")).json()["items"]
    change, locked = labels._change, asyncio.Event()

    async def changed(*values: Any) -> Any:
        locked.set()
        await asyncio.sleep(PAUSE * 2)  # the projects are locked, the label is not yet
        return await change(*values)

    monkeypatch.setattr(labels, "_change", changed)
    renamed = ada.patch(f"{TODO}/labels/{label['id']}", json={"name": "b"})

    async def labelled() -> Any:
        await locked.wait()
        await ada.patch(f"{TASKS}/{tree['id']}", json={"labels": ["a"]})
        return await ada.patch(f"{TASKS}/{tree['id']}", json={"labels": ["a", "b"]})

    await together(renamed, labelled())
