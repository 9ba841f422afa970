"""What staff write in the admin is what people could write by the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.admin.conftest import enter, staff
from tests.plugins.todo.asking import PROJECTS, TASKS, TODO, make, project, share, task

__all__ = ["enter", "staff"]

PANELS = "api/tables"
DUE = {"due": "2098-01-31T09:00", "due_tz": "Europe/Berlin"}
BAD: list[Any] = [
    {"due": "garbage"},
    {"due": "2098-02-30"},
    {"due": "2098-01-31T25:00"},
    {"due": "2098-01-31", "due_tz": "Europe/Berlin"},
    {"due": "2098-01-31T09:00", "due_tz": "Nowhere"},
    {"due": "2098-01-31", "rule": "FREQ=NOPE"},
    {"due": "2098-01-31", "rule": "FREQ=DAILY", "rule_from": "nope"},
    {"rule": "FREQ=DAILY"},
    {"labels": "a,b"},
    {"title": ""},
    {"priority": 5},
    {"description": "x" * 50_001},
]


async def test_a_task_that_no_client_could_write_is_refused(staff: Any, ada: Any) -> None:
    made = await task(ada, project=await project(ada))
    here, there = f"{PANELS}/todo_task/{made['id']}/", f"{PANELS}/todo_task/"
    for values in BAD:
        new = {"owner": ada.id, "project": made["project"], "title": "x"} | values
        for answer in (await staff.patch(here, json=values), await staff.post(there, json=new)):
            assert answer.status_code == 422, (values, answer.text)
    assert (await ada.get(f"{TASKS}/{made['id']}")).json() == made


async def test_a_due_date_has_its_moment_and_labels_their_form(staff: Any, ada: Any) -> None:
    made = await task(ada)
    here = f"{PANELS}/todo_task/{made['id']}/"
    values = DUE | {"labels": "B a", "rule": "freq=daily"}
    assert (await staff.patch(here, json=values)).status_code == 200
    assert (await staff.get(here)).json()["due_at"].startswith("2098-01-31T08:00:00")
    read = (await ada.get(f"{TASKS}/{made['id']}")).json()
    assert (read["labels"], read["version"]) == (["b", "a"], 2)
    assert read["recurrence"] == {"rule": "FREQ=DAILY", "from": "due"}
    done = (await ada.post(f"{TASKS}/{made['id']}/complete")).json()
    assert done["due"] == {"date": "2098-02-01", "time": "09:00", "tz": "Europe/Berlin"}
    assert (await staff.patch(here, json={"due": "", "rule": ""})).status_code == 200
    assert (await ada.get(f"{TASKS}/{made['id']}")).json()["due"] is None


async def test_parents_and_parts_stay_together(staff: Any, ada: Any, grace: Any) -> None:
    house, garden = await project(ada), await project(ada, "Garden")
    parent = await task(ada, "Roof", project=house)
    child = await task(ada, "Tiles", parent=parent["id"])
    other, hers = await task(ada, "Tree", project=garden), await task(grace)

    async def patched(of: Any, **values: Any) -> int:
        answer = await staff.patch(f"{PANELS}/todo_task/{of['id']}/", json=values)
        return int(answer.status_code)

    for wrong in (parent, child, other, hers):
        assert await patched(parent, parent=wrong["id"]) == 422, wrong
    assert await patched(child, parent=child["id"]) == 422
    assert await patched(parent, project=garden) == 422
    assert await patched(parent, done=True) == 422
    assert await patched(parent, trashed_at="2026-01-01T00:00:00Z") == 422
    assert await patched(child, done=True) == 200
    assert await patched(parent, done=True) == 200
    assert await patched(other, project=house, parent=parent["id"]) == 200


async def test_a_project_keeps_its_owner_and_what_it_is(staff: Any, ada: Any, grace: Any) -> None:
    house = await project(ada)
    here = f"{PANELS}/todo_project/{house}/"
    bad: list[Any] = [
        {"owner": grace.id},
        {"inbox": True},
        {"trashed_at": "2026-01-01T00:00:00Z"},
        {"colour": "red"},
        {"name": ""},
    ]
    for values in bad:
        assert (await staff.patch(here, json=values)).status_code == 422, values
    assert (await staff.patch(here, json={"name": "Home", "archived": True})).status_code == 200
    read = (await ada.get(f"{PROJECTS}/{house}")).json()
    assert (read["name"], read["archived"], read["version"]) == ("Home", True, 2)


async def test_what_people_do_is_read_and_deleted_only(
    staff: Any, ada: Any, grace: Any, client: Any
) -> None:
    house = await project(ada)
    made = await task(ada, project=house, labels=["x"])
    await share(ada, house, "grace")
    await make(ada, f"{TASKS}/{made['id']}/comments", text="hm")
    await ada.patch(f"{TODO}/preferences", json={"tz": "Asia/Tokyo"})
    await ada.post(f"{TODO}/feed")
    for table, values in (
        ("member", {"role": "boss"}),
        ("comment", {"text": "no"}),
        ("label", {"name": "Two Words"}),
        ("preference", {"tz": "Nowhere"}),
        ("feed", {"digest": "x"}),
        ("change", {"version": 7}),
    ):
        rows = (await staff.get(f"{PANELS}/todo_{table}/")).json()["rows"]
        here = f"{PANELS}/todo_{table}/{rows[-1]['id']}/"
        assert (await staff.patch(here, json=values)).status_code == 403, table
        new = {name: value for name, value in (rows[-1] | values).items() if name != "id"}
        assert (await staff.post(f"{PANELS}/todo_{table}/", json=new)).status_code in (403, 422)
    assert (await staff.delete(f"{PANELS}/todo_comment/1/")).status_code in (204, 404)


@pytest.mark.parametrize("query", ["?done=true", "?priority=4", "?title=Roof", "?parent=1"])
async def test_tasks_are_filtered(staff: Any, ada: Any, query: str) -> None:
    await task(ada, "Roof", priority=4)
    assert (await staff.get(f"{PANELS}/todo_task/{query}")).status_code == 200
