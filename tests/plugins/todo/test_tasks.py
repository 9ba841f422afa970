"""Tasks through HTTP."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from plugins.todo.tables import Project

TASKS = "/api/v1/todo/tasks"


async def add(client: Any, title: str = "Buy milk", **more: Any) -> Any:
    answer = await client.post(TASKS, json={"title": title, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_stranger_may_not_read_or_write(client: Any) -> None:
    for answer in (
        await client.get(TASKS),
        await client.post(TASKS, json={"title": "milk"}),
        await client.get(f"{TASKS}/1"),
        await client.patch(f"{TASKS}/1", json={}),
        await client.delete(f"{TASKS}/1"),
    ):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_task_is_kept(ada: Any) -> None:
    answer = await ada.post(TASKS, json={"title": "Buy milk", "priority": 2})
    task = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{TASKS}/{task['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (await ada.get(answer.headers["location"])).json() == task
    assert task["title"] == "Buy milk"
    assert task["priority"] == 2
    assert (task["done"], task["completed_at"], task["description"]) == (False, None, "")
    assert task["created_at"].endswith("Z")


async def test_a_task_without_a_project_goes_to_the_inbox(ada: Any) -> None:
    tasks = await asyncio.gather(*(add(ada, f"{n}") for n in range(8)))
    projects = (await ada.get("/api/v1/todo/projects")).json()["items"]
    assert [project["inbox"] for project in projects] == [True]
    assert {task["project"] for task in tasks} == {projects[0]["id"]}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"labels": ["shop"]},
        {"due": {"date": "2030-01-31"}},
        {"due": {"date": "2030-01-31"}, "recurrence": {"rule": "FREQ=DAILY", "from": "due"}},
    ],
)
async def test_who_registered_while_todo_was_off_has_an_inbox_all_the_same(
    ada: Any, more: Any
) -> None:
    await Project.delete().where(Project.owner == ada.id)
    made = await ada.post(TASKS, json={"title": "milk"} | more)
    assert made.status_code == 201, made.text
    inbox = await ada.get(f"/api/v1/todo/projects/{made.json()['project']}")
    assert inbox.json()["inbox"]


async def test_a_task_of_somebody_else_is_not_there(ada: Any, grace: Any) -> None:
    task = await add(ada)
    here = f"{TASKS}/{task['id']}"
    nowhere = f"{TASKS}/{task['id'] + 1000}"
    for path in (here, nowhere):
        assert (await grace.get(path)).status_code == 404
        assert (await grace.patch(path, json={"title": "mine"})).status_code == 404
        assert (await grace.delete(path)).status_code == 404
        assert (await grace.post(f"{path}/complete")).status_code == 404
        assert (await grace.post(f"{path}/reopen")).status_code == 404
    assert (await grace.get(TASKS)).json()["items"] == []
    assert (await ada.get(here)).json() == task


async def test_a_task_may_not_go_into_somebody_elses_project(ada: Any, grace: Any) -> None:
    project = (await grace.post("/api/v1/todo/projects", json={"name": "Hers"})).json()["id"]
    task = await add(ada)
    for answer in (
        await ada.post(TASKS, json={"title": "in", "project": project}),
        await ada.patch(f"{TASKS}/{task['id']}", json={"project": project}),
        await ada.post(TASKS, json={"title": "in", "project": 2**31 - 1}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "no_such_project")
    assert len((await ada.get(TASKS)).json()["items"]) == 1


async def test_a_project_that_goes_while_a_task_is_added_is_no_error_of_ours(
    ada: Any, monkeypatch: Any
) -> None:
    project = (await ada.post("/api/v1/todo/projects", json={"name": "House"})).json()["id"]

    async def goes(*_: Any) -> tuple[int, dict[str, Any]]:
        await Project.update({Project.trashed_at: Project.created_at}).where(Project.id == project)
        return project, {}

    monkeypatch.setattr("plugins.todo.service.tasks.details", goes)
    answer = await ada.post(TASKS, json={"title": "x", "project": project, "labels": ["y"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_project")


async def test_what_is_absent_from_a_change_stays(ada: Any) -> None:
    task = await add(ada, description="Two litres", priority=3)
    changed = (await ada.patch(f"{TASKS}/{task['id']}", json={"title": "Buy oat milk"})).json()
    assert changed["title"] == "Buy oat milk"
    assert (changed["description"], changed["priority"]) == ("Two litres", 3)
    assert changed["version"] == 2
    before, after = (datetime.fromisoformat(each["updated_at"]) for each in (task, changed))
    assert after > before


async def test_a_task_is_completed_and_reopened_once(ada: Any) -> None:
    task = await add(ada)
    here = f"{TASKS}/{task['id']}"
    done = (await ada.post(f"{here}/complete")).json()
    assert done["done"] is True
    assert done["completed_at"] is not None
    assert (await ada.post(f"{here}/complete")).json() == done
    open_again = (await ada.post(f"{here}/reopen")).json()
    assert (open_again["done"], open_again["completed_at"]) == (False, None)
    assert (await ada.post(f"{here}/reopen")).json() == open_again


async def test_a_deleted_task_is_gone(ada: Any) -> None:
    task = await add(ada)
    here = f"{TASKS}/{task['id']}"
    answer = await ada.delete(here)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await ada.get(here)).status_code == 404
    assert (await ada.delete(here)).status_code == 404


async def test_a_stale_change_is_refused_with_the_version_there_is(ada: Any) -> None:
    task = await add(ada)
    here = f"{TASKS}/{task['id']}"
    assert (await ada.patch(here, json={"title": "a"}, headers={"if-match": '"1"'})).is_success
    for method, path, body in (
        ("PATCH", here, {"title": "b"}),
        ("POST", f"{here}/complete", None),
        ("DELETE", here, None),
    ):
        answer = await ada.request(method, path, json=body, headers={"if-match": '"1"'})
        assert (answer.status_code, answer.json()["version"]) == (412, 2), path
        assert answer.headers["etag"] == '"2"'
    assert (await ada.get(here)).json()["title"] == "a"


async def test_filters_and_sorts(ada: Any) -> None:
    project = (await ada.post("/api/v1/todo/projects", json={"name": "House"})).json()["id"]
    await add(ada, "b 100%", priority=1, project=project)
    await add(ada, "A plan", priority=4)
    third = await add(ada, "c", priority=2)
    await ada.post(f"{TASKS}/{third['id']}/complete")

    async def titles(**query: Any) -> list[str]:
        answer = await ada.get(TASKS, params=query)
        assert answer.status_code == 200, answer.text
        return [task["title"] for task in answer.json()["items"]]

    assert await titles() == ["c", "A plan", "b 100%"]
    assert await titles(sort="priority") == ["b 100%", "c", "A plan"]
    assert await titles(sort="-priority", limit=1) == ["A plan"]
    assert await titles(done="true") == ["c"]
    assert await titles(done="false", sort="created_at") == ["b 100%", "A plan"]
    assert await titles(project=project) == ["b 100%"]
    assert await titles(priority=4) == ["A plan"]
    assert await titles(q="a PL") == ["A plan"]
    assert await titles(q="0%") == ["b 100%"]
    assert await titles(q="%") == ["b 100%"]
    assert await titles(q="_") == []
    await add(ada, "ÄPFEL", description="Fünf Kilo")
    assert await titles(q="äpfel") == await titles(q="FÜNF") == ["ÄPFEL"]


@pytest.mark.parametrize("sort", ["-created_at", "title", "-priority"])
async def test_pages_show_each_task_once(ada: Any, sort: str) -> None:
    for number in range(25):
        await add(ada, f"task {number % 5}", priority=number % 3)
    seen: list[int] = []
    path = f"{TASKS}?limit=7&sort={sort}&count=true"
    while path:
        answer = await ada.get(path)
        page = answer.json()
        assert page["total"] == 25
        seen += [task["id"] for task in page["items"]]
        path = answer.links["next"]["url"] if page["next"] else ""
        assert ("link" in answer.headers) == (page["next"] is not None)
    assert len(seen) == len(set(seen)) == 25


async def test_a_page_costs_one_query(ada: Any, count_queries: Any) -> None:
    for number in range(30):
        await add(ada, f"{number}")
    count_queries()
    await ada.get(f"{TASKS}?limit=30")
    assert len(count_queries()) == 1
    await ada.get(f"{TASKS}?limit=30&count=true")
    assert len(count_queries()) == 2


BAD_TASKS: list[Any] = [
    {},
    {"title": ""},
    {"title": "x" * 501},
    {"title": 1},
    {"title": "x", "priority": 5},
    {"title": "x", "priority": 1.5},
    {"title": "x", "priority": "1"},
    {"title": "x", "project": 0},
    {"title": "x", "project": 2**31},
    {"title": "x", "project": 10**30},
    {"title": "x", "owner": 1},
    {"title": "x", "id": 1},
    {"title": "x", "_exists_in_db": True},
    {"title": "nul \0"},
    [],
    "title",
]


async def test_a_bad_task_is_refused_and_nothing_is_kept(ada: Any) -> None:
    for body in BAD_TASKS:
        answer = await ada.post(TASKS, json=body)
        assert answer.status_code == 422, (body, answer.text)
        assert answer.json()["errors"]
    assert (await ada.get(TASKS)).json()["items"] == []


BAD_QUERIES = [
    "limit=0",
    "limit=101",
    "limit=x",
    "limit=99999999999999999999999",
    "sort=owner",
    "cursor=nonsense",
    "cursor=WyJ0aXRsZSIsIngiLDFd",
    "cursor=",
    "colour=red",
    "limit=1&limit=2",
    "q=%00",
    "q=%ff",
    "done=perhaps",
    "project=-1",
    "priority=NaN",
]


async def test_a_bad_query_is_refused(ada: Any) -> None:
    for query in BAD_QUERIES:
        answer = await ada.get(f"{TASKS}?{query}")
        assert answer.status_code == 422, (query, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_an_etag_saves_the_answer(ada: Any) -> None:
    task = await add(ada)
    here = f"{TASKS}/{task['id']}"
    for tag in ('"1"', 'W/"1"', '"0", "1"', "*"):
        answer = await ada.get(here, headers={"if-none-match": tag})
        assert (answer.status_code, answer.content) == (304, b""), tag
        assert answer.headers["etag"] == '"1"'
    assert (await ada.get(here, headers={"if-none-match": '"2"'})).status_code == 200


async def test_head_answers_like_get_without_a_body(ada: Any) -> None:
    task = await add(ada)
    for path in (TASKS, f"{TASKS}/{task['id']}"):
        answer = await ada.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) == len((await ada.get(path)).content)
