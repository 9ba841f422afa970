"""What is deleted, restored, purged, undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from plugins.todo import work
from plugins.todo.service import trash
from plugins.todo.tables import Change, Task
from tests.plugins.todo.asking import PROJECTS, TASKS, TODO, project, share, task, titles


async def in_trash(person: Any) -> list[str]:
    page = (await person.get(f"{TODO}/trash?count=true")).json()
    assert page["total"] == len(page["items"])
    return sorted(each["title"] for each in page["items"])


async def test_a_deleted_task_comes_back_with_its_sub_tasks(ada: Any) -> None:
    parent = await task(ada, "Roof")
    await task(ada, "Tiles", parent=parent["id"])
    await ada.delete(f"{TASKS}/{parent['id']}")
    assert await titles(ada) == []
    assert await in_trash(ada) == ["Roof", "Tiles"]
    restored = await ada.post(f"{TASKS}/{parent['id']}/restore")
    assert restored.json()["title"] == "Roof"
    assert sorted(await titles(ada)) == ["Roof", "Tiles"]
    assert await in_trash(ada) == []


async def test_a_sub_task_without_its_parent_stands_alone(ada: Any) -> None:
    parent = await task(ada, "Roof")
    child = await task(ada, "Tiles", parent=parent["id"])
    for each in (child, parent):
        await ada.delete(f"{TASKS}/{each['id']}")
    assert (await ada.post(f"{TASKS}/{child['id']}/restore")).json()["parent"] is None


async def test_a_deleted_project_comes_back_with_what_was_in_it_then(ada: Any) -> None:
    house = await project(ada)
    old = await task(ada, "Old", project=house)
    await task(ada, "Roof", project=house)
    await ada.delete(f"{TASKS}/{old['id']}")
    await ada.delete(f"{PROJECTS}/{house}")
    assert await titles(ada) == []
    refused = await ada.post(f"{TASKS}/{old['id']}/restore")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_trash")
    assert (await ada.post(TASKS, json={"title": "x", "project": house})).status_code == 422
    assert (await ada.post(f"{PROJECTS}/{house}/restore")).json()["name"] == "House"
    assert await titles(ada) == ["Roof"]
    assert await in_trash(ada) == ["Old"]


async def test_what_is_purged_or_too_old_is_gone_for_ever(ada: Any, grace: Any) -> None:
    purged, old, kept, there = [
        await task(ada, name) for name in ("purged", "old", "kept", "there")
    ]
    for each in (purged, old, kept):
        await ada.delete(f"{TASKS}/{each['id']}")
    assert (await grace.delete(f"{TODO}/trash/{purged['id']}")).status_code == 404
    assert (await ada.delete(f"{TODO}/trash/{there['id']}")).status_code == 404
    assert (await ada.delete(f"{TODO}/trash/{purged['id']}")).status_code == 204
    long_ago = datetime.now(UTC) - timedelta(days=31)
    await Task.update({Task.trashed_at: long_ago}).where(Task.id == old["id"])
    await trash.forget_old(30)
    assert await in_trash(ada) == ["kept"]
    assert await titles(ada) == ["there"]


async def test_the_trash_is_emptied_of_what_is_mine(ada: Any, grace: Any) -> None:
    house = await project(ada)
    await share(ada, house, "grace")
    for person, name in ((ada, "hers"), (grace, "mine")):
        made = await task(person, name, **({"project": house} if person is ada else {}))
        await grace.delete(f"{TASKS}/{made['id']}")
    await task(grace, "there")
    assert await in_trash(grace) == ["hers", "mine"]
    assert (await grace.delete(f"{TODO}/trash")).status_code == 204
    assert await in_trash(grace) == ["hers"]
    assert "there" in await titles(grace)


async def test_the_trash_costs_one_query(ada: Any, count_queries: Any) -> None:
    for number in range(3):
        await ada.delete(f"{TASKS}/{(await task(ada, f'{number}'))['id']}")
    count_queries()
    await ada.get(f"{TODO}/trash")
    assert len(count_queries()) == 1


async def test_what_undo_needs_is_forgotten_and_old_changes_too(ada: Any) -> None:
    made = await task(ada, "secret")
    await ada.patch(f"{TASKS}/{made['id']}", json={"title": "open"})
    mine = [Change.kind == "task", Change.thing == made["id"]]
    assert await Change.count().where(*mine, Change.before.is_not_null()) == 1
    past = datetime.now(UTC) - timedelta(minutes=11)
    await Change.update({Change.at: past}).where(*mine)
    await work._forget_changes(30)
    assert await Change.count().where(*mine, Change.before.is_not_null()) == 0
    assert await Change.count().where(*mine) == 2
    await Change.update({Change.at: past - timedelta(days=32)}, force=True)
    await work._forget_changes(30)
    assert await Change.count() == 0
