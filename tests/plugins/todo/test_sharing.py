"""Sharing projects: who sees, who changes, who leaves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.todo.asking import PROJECTS, TASKS, make, project, share, task, titles


async def test_a_viewer_sees_and_may_not_write(ada: Any, grace: Any) -> None:
    house = await project(ada)
    roof = await task(ada, "Roof", project=house)
    await share(ada, house, "grace", "viewer")
    assert await titles(grace) == ["Roof"]
    here = f"{TASKS}/{roof['id']}"
    assert (await grace.get(here)).json() == roof
    for method, path, body in (
        ("PATCH", here, {"title": "mine"}),
        ("PATCH", here, {"labels": ["x"]}),
        ("DELETE", here, None),
        ("POST", f"{here}/complete", None),
        ("POST", f"{here}/reopen", None),
        ("POST", f"{here}/move", {}),
        ("POST", f"{here}/comments", {"text": "hm"}),
        ("POST", TASKS, {"title": "in", "project": house}),
        ("POST", TASKS, {"title": "in", "parent": roof["id"]}),
        ("PATCH", f"{PROJECTS}/{house}", {"name": "mine"}),
        ("DELETE", f"{PROJECTS}/{house}", None),
        ("POST", f"{PROJECTS}/{house}/members", {"username": "ada"}),
    ):
        answer = await grace.request(method, path, json=body)
        assert answer.status_code == 403, (method, path, answer.text)
    assert (await ada.get(here)).json() == roof


async def test_nothing_moves_into_a_project_that_i_may_only_view(ada: Any, grace: Any) -> None:
    house = await project(ada)
    roof = await task(ada, "Roof", project=house)
    await share(ada, house, "grace", "viewer")
    mine = await task(grace, "Mine")
    here = f"{TASKS}/{mine['id']}"
    for answer in (
        await grace.post(f"{here}/move", json={"project": house}),
        await grace.post(f"{here}/move", json={"after": roof["id"]}),
        await grace.patch(here, json={"project": house}),
        await grace.post(f"{TASKS}/bulk", json={"tasks": [{"id": mine["id"], "project": house}]}),
    ):
        assert answer.status_code in (403, 422), answer.text
    assert (await grace.get(here)).json() == mine
    assert await titles(ada, project=house) == ["Roof"]


async def test_an_editor_writes_and_what_they_add_belongs_to_the_project(
    ada: Any, grace: Any
) -> None:
    house = await project(ada)
    await share(ada, house, "grace")
    added = await task(grace, "Cellar", project=house)
    assert await titles(ada) == ["Cellar"]
    changed = await ada.patch(f"{TASKS}/{added['id']}", json={"title": "Attic"})
    assert changed.status_code == 200
    assert await titles(grace, project=house) == ["Attic"]
    mine = await task(grace, "Mine")
    moved = await grace.post(f"{TASKS}/{mine['id']}/move", json={"project": house})
    assert moved.json()["project"] == house
    assert set(await titles(ada)) == {"Attic", "Mine"}


async def test_who_is_removed_or_leaves_sees_nothing_any_more(ada: Any, grace: Any) -> None:
    house = await project(ada)
    roof = await task(ada, "Roof", project=house)
    for who in (ada, grace):
        member = await share(ada, house, "grace")
        here = f"{PROJECTS}/{house}/members/{member['id']}"
        assert (await who.delete(here)).status_code == 204
        assert await titles(grace) == []
        for path in (f"{TASKS}/{roof['id']}", f"{PROJECTS}/{house}", f"{PROJECTS}/{house}/members"):
            assert (await grace.get(path)).status_code == 404


async def test_a_member_removes_nobody_else(ada: Any, grace: Any, people: Any) -> None:
    house = await project(ada)
    edsger = await people("edsger")
    await share(ada, house, "grace")
    other = await share(ada, house, "edsger")
    here = f"{PROJECTS}/{house}/members/{other['id']}"
    assert (await grace.delete(here)).status_code == 403
    assert (await edsger.delete(here)).status_code == 204


async def test_roles_are_changed_by_the_owner(ada: Any, grace: Any) -> None:
    house = await project(ada)
    member = await share(ada, house, "Grace", "viewer")
    here = f"{PROJECTS}/{house}/members/{member['id']}"
    assert (await grace.patch(here, json={"role": "editor"})).status_code == 403
    assert (await ada.patch(here, json={"role": "editor"})).json()["version"] == 2
    await task(grace, "In", project=house)
    await ada.patch(here, json={"role": "viewer"})
    read = await grace.get(f"{PROJECTS}/{house}", headers={"if-none-match": '"1"'})
    assert (read.status_code, read.json()["role"]) == (200, "viewer"), "its version is the same"
    await ada.patch(here, json={"role": "editor"})
    (shown,) = (await grace.get(f"{PROJECTS}/{house}/members")).json()["items"]
    assert (shown["username"], shown["role"]) == ("grace", "editor")
    roles = {each["name"]: each["role"] for each in (await grace.get(PROJECTS)).json()["items"]}
    assert roles == {"Inbox": "owner", "House": "editor"}


@pytest.mark.parametrize(
    ("username", "code"), [("ada", "member_there"), ("nobody", "no_such_person")]
)
async def test_whom_a_project_cannot_be_shared_with(ada: Any, username: str, code: str) -> None:
    house = await project(ada)
    answer = await ada.post(f"{PROJECTS}/{house}/members", json={"username": username})
    assert answer.json()["code"] == code


async def test_a_member_is_added_once_and_the_inbox_is_not_shared(ada: Any, grace: Any) -> None:
    house = await project(ada)
    await share(ada, house, "grace")
    again = await ada.post(f"{PROJECTS}/{house}/members", json={"username": "grace"})
    assert (again.status_code, again.json()["code"]) == (409, "member_there")
    inbox = (await task(ada))["project"]
    answer = await ada.post(f"{PROJECTS}/{inbox}/members", json={"username": "grace"})
    assert answer.json()["code"] == "inbox_stays"


async def test_lists_hold_mine_and_what_is_shared_in_order_and_pages(ada: Any, grace: Any) -> None:
    house = await project(ada)
    await share(ada, house, "grace", "viewer")
    for number in range(6):
        await task(
            ada if number % 2 else grace, f"{number}", **({"project": house} if number % 2 else {})
        )
    assert await titles(grace, sort="created_at") == list("012345")
    seen, cursor = [], None
    while True:
        params = {"limit": 2, "sort": "-title", "count": "true"} | (
            {"cursor": cursor} if cursor else {}
        )
        page = (await grace.get(TASKS, params=params)).json()
        assert page["total"] == 6
        seen += [each["title"] for each in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == list("543210")


async def test_tasks_of_an_archived_project_show_only_with_it(ada: Any, grace: Any) -> None:
    house = await project(ada)
    await share(ada, house, "grace")
    await task(ada, "Roof", project=house)
    await ada.patch(f"{PROJECTS}/{house}", json={"archived": True})
    for person in (ada, grace):
        assert await titles(person) == []
        assert await titles(person, project=house) == ["Roof"]


async def test_lists_of_what_is_shared_cost_as_many_queries(
    ada: Any, grace: Any, count_queries: Any
) -> None:
    house = await project(ada)
    await share(ada, house, "grace")
    for number in range(5):
        await make(grace, TASKS, title=f"{number}", project=house)
    for path, most in ((TASKS, 2), (f"{PROJECTS}/{house}/members", 3), (PROJECTS, 2)):
        count_queries()
        assert (await grace.get(path)).status_code == 200
        assert len(count_queries()) <= most, path
