"""Doing tasks, again and again, with sub-tasks, and by two at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugins.todo.tables import Completion, Task
from tests.clocks import still_now
from tests.plugins.todo.asking import TASKS, task, undo

WEEKLY = {"rule": "FREQ=WEEKLY"}
BERLIN = {"date": "2098-03-26", "time": "09:00", "tz": "Europe/Berlin"}


async def complete(person: Any, id: int, query: str = "", **more: Any) -> Any:
    return await person.post(f"{TASKS}/{id}/complete{query}", **more)


async def test_a_task_that_repeats_is_due_again_and_each_time_is_kept(ada: Any) -> None:
    made = await task(ada, due=BERLIN, recurrence=WEEKLY)
    for day in ("2098-04-02", "2098-04-09"):
        done = (await complete(ada, made["id"])).json()
        assert (done["done"], done["due"]) == (False, {**BERLIN, "date": day})
    page = (await ada.get(f"{TASKS}/{made['id']}/completions?count=true")).json()
    assert [each["due"] for each in page["items"]] == ["2098-04-02T09:00", "2098-03-26T09:00"]
    assert (page["total"], page["items"][0]["person"]) == (2, ada.id)
    streak = (await ada.get(f"{TASKS}/{made['id']}/streak")).json()
    assert streak == {"completions": 2, "current": 2, "longest": 2}


async def test_its_hour_stays_when_the_clocks_change(ada: Any) -> None:
    made = await task(ada, due=BERLIN, recurrence=WEEKLY)
    before = (await Task.select(Task.due_at).where(Task.id == made["id"]))[0]["due_at"]
    await complete(ada, made["id"])
    after = (await Task.select(Task.due_at).where(Task.id == made["id"]))[0]["due_at"]
    assert (before.hour, after.hour) == (8, 7)


async def test_it_ends_with_its_count(ada: Any) -> None:
    made = await task(ada, due={"date": "2098-01-01"}, recurrence={"rule": "FREQ=DAILY;COUNT=2"})
    assert (await complete(ada, made["id"])).json()["recurrence"]["rule"] == "FREQ=DAILY;COUNT=1"
    assert (await complete(ada, made["id"])).json()["done"] is True


async def test_two_at_once_make_one_next_occurrence(ada: Any) -> None:
    for _ in range(5):
        made = await task(ada, due=BERLIN, recurrence=WEEKLY)
        headers = {"if-match": '"1"'}
        answers = await asyncio.gather(
            *(complete(ada, made["id"], headers=headers) for _ in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
        assert (await ada.get(f"{TASKS}/{made['id']}")).json()["due"]["date"] == "2098-04-02"
        assert await Completion.count().where(Completion.task == made["id"]) == 1


async def test_two_clicks_at_once_without_a_condition_do_it_once(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import IfMatch
    from plugins.todo.service import completing

    still_now(monkeypatch, completing.__name__, __name__)
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    cases = [
        (BERLIN, WEEKLY, "2098-04-02"),
        ({"date": tomorrow}, {"rule": "FREQ=DAILY", "from": "completion"}, tomorrow),
    ]
    for due, rule, again in cases:
        made = await task(ada, due=due, recurrence=rule)
        results = await asyncio.gather(
            *(completing.complete(ada.id, made["id"], IfMatch()) for _ in range(2))
        )
        assert {result.due.date for result in results if result.due} == {again}
        assert await Completion.count().where(Completion.task == made["id"]) == 1


async def test_what_came_before_another_one_had_done_it_does_it_no_more(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plugins.todo.service import completing

    made = await task(ada, due=BERLIN, recurrence=WEEKLY)
    look, all_here, one_is_through = completing.glimpse, asyncio.Barrier(4), asyncio.Event()

    async def late(*values: Any) -> Any:
        if await all_here.wait() > 0:
            await one_is_through.wait()
        return await look(*values)

    async def answer(asked: Any) -> Any:
        found = await asked
        one_is_through.set()
        return found

    monkeypatch.setattr(completing, "glimpse", late)
    bulk = {"tasks": [{"id": made["id"], "action": "complete"}]}
    answers = await asyncio.gather(
        *(answer(complete(ada, made["id"])) for _ in range(2)),
        *(answer(ada.post(f"{TASKS}/bulk", json=bulk)) for _ in range(2)),
    )
    assert [each.status_code for each in answers] == [200] * 4
    assert sum("undo" in each.headers for each in answers) == 1
    assert (await ada.get(f"{TASKS}/{made['id']}")).json()["due"]["date"] == "2098-04-02"
    assert await Completion.count().where(Completion.task == made["id"]) == 1


async def test_a_parent_with_open_children_is_done_only_with_them(ada: Any) -> None:
    parent = await task(ada, "Roof")
    children = [await task(ada, f"{n}", parent=parent["id"]) for n in range(2)]
    refused = await complete(ada, parent["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "open_children")
    assert all(str(child["id"]) in refused.json()["detail"] for child in children)
    assert (await complete(ada, parent["id"], "?children=true")).json()["done"] is True
    for child in children:
        assert (await ada.get(f"{TASKS}/{child['id']}")).json()["done"] is True


async def test_an_open_sub_task_opens_its_parent_however_it_gets_there(ada: Any) -> None:
    parent = await task(ada, "Roof")
    child = await task(ada, "Tiles", parent=parent["id"])
    other, deleted = await task(ada, "Beams"), await task(ada, "Nails", parent=parent["id"])
    gone = await ada.delete(f"{TASKS}/{deleted['id']}")

    async def done() -> None:
        answer = await complete(ada, parent["id"], "?children=true")
        assert answer.json()["done"] is True

    for opening in (
        lambda: ada.post(f"{TASKS}/{child['id']}/reopen"),
        lambda: ada.post(TASKS, json={"title": "Gutter", "parent": parent["id"]}),
        lambda: ada.patch(f"{TASKS}/{other['id']}", json={"parent": parent["id"]}),
        lambda: undo(ada, gone),
    ):
        await done()
        answer = await opening()
        assert answer.is_success, answer.text
        assert (await ada.get(f"{TASKS}/{parent['id']}")).json()["done"] is False
    await ada.delete(f"{TASKS}/{deleted['id']}")
    await done()
    await ada.post(f"{TASKS}/{deleted['id']}/restore")
    assert (await ada.get(f"{TASKS}/{parent['id']}")).json()["done"] is False


async def test_a_parent_is_not_done_again_by_undo_over_an_open_sub_task(ada: Any) -> None:
    parent = await task(ada, "Roof")
    await complete(ada, parent["id"])
    opened = await ada.post(f"{TASKS}/{parent['id']}/reopen")
    child = await task(ada, "Tiles", parent=parent["id"])
    refused = await undo(ada, opened)
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_undo")
    await complete(ada, child["id"])
    assert (await undo(ada, opened)).status_code == 200


async def test_a_sub_task_that_repeats_ends_with_its_parent(ada: Any) -> None:
    parent = await task(ada, "Party")
    child = await task(ada, "Shop", parent=parent["id"], due=BERLIN, recurrence=WEEKLY)
    await complete(ada, parent["id"], "?children=true")
    assert (await ada.get(f"{TASKS}/{child['id']}")).json()["done"] is True


async def test_sub_tasks_of_what_repeats_are_open_again(ada: Any) -> None:
    parent = await task(ada, "Clean", due=BERLIN, recurrence=WEEKLY)
    child = await task(ada, "Bath", parent=parent["id"])
    await complete(ada, child["id"])
    await complete(ada, parent["id"])
    assert (await ada.get(f"{TASKS}/{child['id']}")).json()["done"] is False


async def test_sub_tasks_go_one_level_deep_and_in_no_circle(ada: Any) -> None:
    parent = await task(ada, "a")
    child = await task(ada, "b", parent=parent["id"])
    other = await task(ada, "c")
    cases = [
        (child["id"], child["id"]),
        (parent["id"], child["id"]),
        (parent["id"], other["id"]),
        (other["id"], child["id"]),
        (parent["id"], parent["id"]),
    ]
    for id, under in cases:
        answer = await ada.patch(f"{TASKS}/{id}", json={"parent": under})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_parent"), (id, under)
    nowhere = await ada.patch(f"{TASKS}/{id}", json={"parent": 2**31 - 1})
    assert nowhere.json()["code"] == "no_such_task"


async def test_two_who_make_each_other_a_parent_make_no_circle(ada: Any) -> None:
    for _ in range(5):
        one, two = await task(ada, "a"), await task(ada, "b")
        answers = await asyncio.gather(
            ada.patch(f"{TASKS}/{one['id']}", json={"parent": two["id"]}),
            ada.patch(f"{TASKS}/{two['id']}", json={"parent": one["id"]}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]


@pytest.mark.parametrize("what", ["completions", "comments", "reminders"])
async def test_what_hangs_on_a_task_costs_as_many_queries(
    ada: Any, count_queries: Any, what: str
) -> None:
    made = await task(ada)
    count_queries()
    assert (await ada.get(f"{TASKS}/{made['id']}/{what}")).status_code == 200
    assert len(count_queries()) == 2
