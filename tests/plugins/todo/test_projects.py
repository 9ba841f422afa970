"""Projects through HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.todo.tables import Project

PROJECTS = "/api/v1/todo/projects"


async def add(client: Any, name: str = "House", **more: Any) -> Any:
    answer = await client.post(PROJECTS, json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_stranger_sees_nothing(client: Any) -> None:
    assert (await client.get(PROJECTS)).status_code == 401


async def test_everybody_has_an_inbox_from_the_first_request_on(ada: Any, grace: Any) -> None:
    for person in (ada, grace, ada):
        (inbox,) = (await person.get(PROJECTS)).json()["items"]
        assert inbox["inbox"] is True


async def test_a_project_is_kept_changed_and_deleted_with_its_tasks(ada: Any) -> None:
    project = await add(ada, colour="#00ff00")
    here = f"{PROJECTS}/{project['id']}"
    changed = (await ada.patch(here, json={"name": "Home", "archived": True})).json()
    assert (changed["name"], changed["colour"], changed["archived"]) == ("Home", "#00ff00", True)
    task = await ada.post("/api/v1/todo/tasks", json={"title": "paint", "project": project["id"]})
    assert (await ada.delete(here)).status_code == 204
    assert (await ada.get(here)).status_code == 404
    assert (await ada.get(task.headers["location"])).status_code == 404


async def test_the_inbox_stays(ada: Any) -> None:
    (inbox,) = (await ada.get(PROJECTS)).json()["items"]
    here = f"{PROJECTS}/{inbox['id']}"
    assert (await ada.delete(here)).json()["code"] == "inbox_stays"
    assert (await ada.patch(here, json={"archived": True})).json()["code"] == "inbox_stays"
    assert (await ada.get(here)).json() == inbox


async def test_a_project_of_somebody_else_is_not_there(ada: Any, grace: Any) -> None:
    project = await add(ada)
    here = f"{PROJECTS}/{project['id']}"
    assert (await grace.get(here)).status_code == 404
    assert (await grace.patch(here, json={"name": "mine"})).status_code == 404
    assert (await grace.delete(here)).status_code == 404
    assert (await ada.get(here)).json() == project


async def test_archived_projects_are_filtered_and_pages_follow(ada: Any) -> None:
    for number in range(5):
        project = await add(ada, f"p{number}")
    await ada.patch(f"{PROJECTS}/{project['id']}", json={"archived": True})
    shown = (await ada.get(PROJECTS, params={"archived": "true"})).json()["items"]
    assert [each["name"] for each in shown] == ["p4"]
    first = (await ada.get(PROJECTS, params={"limit": 4, "sort": "-name", "count": "true"})).json()
    rest = (await ada.get(PROJECTS, params={"sort": "-name", "cursor": first["next"]})).json()
    names = [each["name"] for each in [*first["items"], *rest["items"]]]
    assert names == ["p4", "p3", "p2", "p1", "p0", "Inbox"]
    assert first["total"] == 6


async def test_a_page_costs_a_fixed_number_of_queries(ada: Any, count_queries: Any) -> None:
    for number in range(10):
        await add(ada, f"{number}")
    count_queries()
    await ada.get(PROJECTS)
    assert len(count_queries()) == 2


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x", "colour": "red"}, {"name": "x", "inbox": True}]
)
async def test_a_bad_project_is_refused(ada: Any, body: Any) -> None:
    assert (await ada.post(PROJECTS, json=body)).status_code == 422


async def test_a_stale_change_is_refused(ada: Any) -> None:
    project = await add(ada)
    here = f"{PROJECTS}/{project['id']}"
    assert (await ada.patch(here, json={"name": "a"}, headers={"if-match": '"1"'})).is_success
    answer = await ada.patch(here, json={"name": "b"}, headers={"if-match": '"1"'})
    assert (answer.status_code, answer.json()["version"]) == (412, 2)
    assert (await ada.delete(here, headers={"if-match": '"1"'})).status_code == 412


async def test_who_has_no_inbox_yet_gets_one_with_the_first_task(ada: Any) -> None:
    await Project.delete(force=True)
    headers = {"idempotency-key": "first"}
    answer = await ada.post("/api/v1/todo/tasks", json={"title": "milk"}, headers=headers)
    assert answer.status_code == 201, answer.text
    (inbox,) = (await ada.get(PROJECTS)).json()["items"]
    assert answer.json()["project"] == inbox["id"]
