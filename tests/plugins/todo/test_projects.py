"""Projects through HTTP."""

from __future__ import annotations

from typing import Any

from plugins.todo.ordering import LONGEST
from plugins.todo.tables import Project
from tests.plugins.todo.asking import share, undo

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


async def test_projects_are_in_the_order_they_were_moved_into(ada: Any, grace: Any) -> None:
    ids = [(await add(ada, f"p{number}"))["id"] for number in range(4)]
    hers = (await add(grace, "hers"))["id"]

    async def order() -> list[str]:
        shown = (await ada.get(PROJECTS, params={"sort": "order"})).json()["items"]
        return [each["name"] for each in shown if not each["inbox"]]

    async def move(id: int, **where: Any) -> Any:
        return await ada.post(f"{PROJECTS}/{id}/move", json=where)

    moved = (await move(ids[3], before=ids[0])).json()
    assert (moved["name"], moved["version"]) == ("p3", 2)
    await move(ids[0], after=ids[2])
    assert await order() == ["p3", "p1", "p2", "p0"]
    undone = await undo(ada, await move(ids[3]))
    assert undone.status_code == 200
    assert await order() == ["p3", "p1", "p2", "p0"]
    await Project.update({Project.order: "a0"}).where(Project.id == ids[3])
    close = "a0" + "0" * (LONGEST - 3) + "1"
    await Project.update({Project.order: close}).where(Project.id == ids[1])
    assert len((await move(ids[0], after=ids[3])).json()["order"]) <= LONGEST  # there was no room
    assert await order() == ["p3", "p0", "p1", "p2"]
    assert (await move(ids[0], after=hers)).json()["code"] == "no_such_project"
    assert (await move(hers)).status_code == 404
    assert (await move(ids[0], after=ids[1], before=ids[2])).status_code == 422
    stale = await ada.post(f"{PROJECTS}/{ids[1]}/move", json={}, headers={"if-match": '"7"'})
    assert stale.status_code == 412


async def test_only_the_owner_moves_a_project(ada: Any, grace: Any) -> None:
    house = (await add(ada))["id"]
    await share(ada, house, "grace")
    assert (await grace.post(f"{PROJECTS}/{house}/move", json={})).status_code == 403


async def test_projects_in_the_trash_are_listed_and_purged(ada: Any, grace: Any) -> None:
    trash = "/api/v1/todo/trash"
    ids = [(await add(ada, f"p{number}"))["id"] for number in range(4)]
    task = await ada.post("/api/v1/todo/tasks", json={"title": "paint", "project": ids[0]})
    assert (await ada.delete(f"{trash}/projects/{ids[0]}")).status_code == 404
    for id in ids[:3]:
        await ada.delete(f"{PROJECTS}/{id}")
    first = (await ada.get(f"{trash}/projects?limit=2&count=true")).json()
    rest = (await ada.get(f"{trash}/projects", params={"cursor": first["next"]})).json()
    assert [each["name"] for each in first["items"] + rest["items"]] == ["p2", "p1", "p0"]
    assert (first["total"], (await grace.get(f"{trash}/projects")).json()["items"]) == (3, [])
    assert (await grace.delete(f"{trash}/projects/{ids[0]}")).status_code == 404
    assert (await ada.delete(f"{trash}/projects/{ids[0]}")).status_code == 204
    assert (await ada.post(f"{PROJECTS}/{ids[0]}/restore")).status_code == 404
    assert (await ada.post(f"{task.headers['location']}/restore")).status_code == 404
    await grace.delete(trash)
    assert (await ada.post(f"{PROJECTS}/{ids[1]}/restore")).status_code == 200
    assert (await ada.delete(trash)).status_code == 204
    assert (await ada.get(f"{trash}/projects")).json()["items"] == []
    shown = (await ada.get(PROJECTS)).json()["items"]
    assert {each["name"] for each in shown} == {"Inbox", "p1", "p3"}


async def test_the_trash_of_projects_costs_one_query(ada: Any, count_queries: Any) -> None:
    for number in range(3):
        await ada.delete(f"{PROJECTS}/{(await add(ada, f'{number}'))['id']}")
    count_queries()
    await ada.get("/api/v1/todo/trash/projects")
    assert len(count_queries()) == 1


async def test_a_page_costs_a_fixed_number_of_queries(ada: Any, count_queries: Any) -> None:
    for number in range(10):
        await add(ada, f"{number}")
    count_queries()
    await ada.get(PROJECTS)
    assert len(count_queries()) == 2


BAD_PROJECTS: list[Any] = [
    {},
    {"name": ""},
    {"name": "x", "colour": "red"},
    {"name": "x", "inbox": True},
]


async def test_a_bad_project_is_refused(ada: Any) -> None:
    for body in BAD_PROJECTS:
        assert (await ada.post(PROJECTS, json=body)).status_code == 422, body


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
