"""The admin of a running server, asked as its own pages ask."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from core.testing import People, Server

from .conftest import Enter

TASKS = "api/tables/todo_task/"
HUGE = 10**30
JSON = {"content-type": "application/json"}


async def test_tables_stand_under_the_title_of_their_plugin(staff: httpx.AsyncClient) -> None:
    grouped = (await staff.get("api/tables/grouped/")).json()["grouped"]
    assert {"todo_project", "todo_task"} <= set(grouped["Todo"])
    assert all(table.startswith("todo_") for table in grouped["Todo"])
    assert "auth_user" in grouped["Accounts"]
    assert (await staff.get("public/meta/")).json()["site_name"] == "Tenfold"


async def test_a_row_is_made_listed_changed_and_deleted(
    staff: httpx.AsyncClient, project: int, ada: Any
) -> None:
    new = {"owner": ada.id, "project": project, "title": "Paint the door"}
    made = await staff.post(TASKS, json=new)
    assert made.status_code == 201, made.text
    address = f"{TASKS}{made.json()[0]['id']}/"
    rows = (await staff.get(f"{TASKS}?__readable=true")).json()["rows"]
    assert [(row["title"], row["project_readable"]) for row in rows] == [
        ("Paint the door", "House (ada)")
    ]
    changed = await staff.patch(address, json={"title": "Paint the gate", "done": "true"})
    assert changed.json()["title"] == "Paint the gate"
    assert (await staff.delete(address)).status_code == 204
    assert (await staff.get(address)).status_code == 404


async def test_a_change_in_the_admin_counts_as_a_new_version(
    staff: httpx.AsyncClient, project: int
) -> None:
    address = f"api/tables/todo_project/{project}/"
    before = (await staff.get(address)).json()
    await staff.patch(address, json={"name": "Garden", "version": before["version"]})
    after = (await staff.get(address)).json()
    assert after["version"] == before["version"] + 1
    assert after["updated_at"] > before["updated_at"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"owner": 999_999}, "must belong to the owner of the task"),
        ({"owner": HUGE}, "owner must be between"),
        ({"priority": 32_768}, "priority must be between -32767 and 32767"),
        ({"title": "a\0b"}, "title must not hold the character NUL"),
        ({"title": None}, "title must be given"),
        ({"title": "x" * 501}, "at most 500 characters"),
        ({"title": "\ud800"}, "a character that cannot be stored"),
        ({"priority": "many"}, "valid integer"),
        ({"done": "perhaps"}, "valid boolean"),
        ({"nothing": 1}, "nothing"),
        ({}, "There is nothing to change"),
    ],
    ids=lambda given: str(given)[:30],
)
async def test_a_refused_value_is_a_sentence_and_changes_nothing(
    staff: httpx.AsyncClient, project: int, ada: Any, values: dict[str, Any], said: str
) -> None:
    new = {"owner": ada.id, "project": project, "title": "Paint"}
    address = f"{TASKS}{(await staff.post(TASKS, json=new)).json()[0]['id']}/"
    before = (await staff.get(address)).json()
    refused = await staff.patch(address, content=json.dumps(values), headers=JSON)
    assert 400 <= refused.status_code < 500, refused.text
    assert said in refused.text
    if said not in ("title must be given", "nothing", "There is nothing to change"):
        refused = await staff.post(TASKS, content=json.dumps(new | values), headers=JSON)
        assert 400 <= refused.status_code < 500, refused.text
    assert (await staff.get(address)).json() == before


@pytest.mark.parametrize(
    "query",
    [
        f"{HUGE}/",
        "0/",
        "-1/",
        "abc/",
        f"?id={HUGE}",
        "?id[]=abc",
        f"?__page={HUGE}",
        f"?__page_size={HUGE}",
        "?__page=a",
        "?__order=nothing",
        "?__visible_fields=nothing",
        "?nothing=1",
        "?title=%00",
        "?title__operator=odd",
        f"count/?priority={HUGE}",
        f"ids/?limit={HUGE}",
        "ids/?limit=-5",
        "ids/?search=%00",
    ],
)
@pytest.mark.filterwarnings("ignore:.*ILIKE")
async def test_an_odd_question_is_no_error_of_the_server(
    staff: httpx.AsyncClient, project: int, query: str
) -> None:
    answer = await staff.get(TASKS + query)
    assert answer.status_code < 500, answer.text


async def test_a_body_that_is_no_json_is_refused(staff: httpx.AsyncClient) -> None:
    for body in (b"{", b"[]", b"1", b"null", b"\xff"):
        answer = await staff.post(TASKS, content=body, headers=JSON)
        assert 400 <= answer.status_code < 500, (body, answer.text)


async def test_a_row_that_others_need_or_that_exists_already_is_said_in_words(
    staff: httpx.AsyncClient,
) -> None:
    first = await staff.post("api/tables/auth_role/", json={"name": "editor", "description": ""})
    assert first.status_code == 201, first.text
    again = await staff.post("api/tables/auth_role/", json={"name": "editor", "description": ""})
    assert again.status_code == 422
    assert again.text.startswith("Another row has the same")
    assert again.headers["content-type"] == "text/plain; charset=utf-8"
    await staff.delete(f"api/tables/auth_role/{first.json()[0]['id']}/")


async def test_formulas_are_text_in_an_export_and_as_they_are_elsewhere(
    staff: httpx.AsyncClient, project: int, ada: Any
) -> None:
    titles = ["=1+1", "+cmd", "-2", "@x", "plain"]
    for title in titles:
        await staff.post(TASKS, json={"owner": ada.id, "project": project, "title": title})
    order = "__order=id&__readable=true"
    shown = (await staff.get(f"{TASKS}?{order}&__page_size=15")).json()["rows"]
    assert [row["title"] for row in shown] == titles
    exported = (await staff.get(f"{TASKS}?{order}&__page_size=1000")).json()["rows"]
    assert [row["title"] for row in exported] == ["'=1+1", "'+cmd", "-2", "'@x", "plain"]


@pytest.mark.parametrize(
    "path", ["api/tables/", "api/tables/auth_user/", "api/user/", "api/openapi.json", "api/forms/"]
)
async def test_nothing_is_told_to_who_is_not_signed_in(
    server: Server, client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(f"/admin/{path}")).status_code == 401


@pytest.mark.parametrize(
    "path", ["openapi.json", "docs", "redoc", "public/openapi.json", "public/docs/", "api/docs/"]
)
async def test_the_admin_publishes_no_description_of_itself(
    staff: httpx.AsyncClient, client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(f"/admin/{path}")).status_code == 404
    assert (await staff.get(path)).status_code == 404


async def test_only_active_administrators_get_in(enter: Enter, people: People, staff: Any) -> None:
    nobody = await enter((await people("nobody")).id)
    assert (await nobody.get("api/user/")).status_code == 401
    former = (await people("former", "admin")).id
    once = await enter(former)
    assert (await once.get("api/user/")).status_code == 200
    changed = await staff.patch(f"api/tables/auth_user/{former}/", json={"active": False})
    assert changed.status_code == 200
    assert (await once.get("api/user/")).status_code == 401


async def test_a_key_that_leads_nowhere_is_a_sentence(staff: httpx.AsyncClient) -> None:
    new = {"owner": 999_999, "name": "House"}
    answer = await staff.post("api/tables/todo_project/", json=new)
    assert answer.status_code == 422
    assert "refers to a row that is not there" in answer.text


async def test_a_task_done_in_the_admin_has_a_time(
    staff: httpx.AsyncClient, project: int, ada: Any
) -> None:
    new = {"owner": ada.id, "project": project, "title": "Paint"}
    task = (await staff.post(TASKS, json=new)).json()[0]["id"]
    await staff.patch(f"{TASKS}{task}/", json={"done": "true"})
    assert (await ada.get(f"/api/v1/todo/tasks/{task}")).json()["completed_at"] is not None
    await staff.patch(f"{TASKS}{task}/", json={"done": "false"})
    assert (await ada.get(f"/api/v1/todo/tasks/{task}")).json()["completed_at"] is None
