"""Undo: every change is taken back, once, by who made it, if nothing came after it."""

from __future__ import annotations

import asyncio
import json
import zlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugins.todo.tables import Change, Completion, Task
from tests.plugins.todo.asking import (
    PROJECTS,
    TASKS,
    TODO,
    make,
    project,
    share,
    task,
    titles,
    undo,
)

SAME = {"version", "updated_at"}


def same(one: Any, other: Any) -> bool:
    return {k: v for k, v in one.items() if k not in SAME} == {
        k: v for k, v in other.items() if k not in SAME
    }


CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"title": "Other", "priority": 4, "description": "x"}),
    ("PATCH", "", {"labels": ["a", "b"], "due": None}),
    ("PATCH", "", {"due": {"date": "2031-01-01", "time": "10:00"}}),
    ("POST", "/complete", None),
    ("POST", "/move", {}),
    ("DELETE", "", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_a_change_is_undone(ada: Any, method: str, path: str, body: Any) -> None:
    made = await task(ada, due={"date": "2098-01-01"}, recurrence={"rule": "FREQ=DAILY"})
    await task(ada, "Behind it")
    here = f"{TASKS}/{made['id']}"
    answer = await ada.request(method, here + path, json=body)
    assert answer.is_success, answer.text
    undone = await undo(ada, answer)
    assert undone.status_code == 200, undone.text
    assert same((await ada.get(here)).json(), made)
    assert await Completion.count().where(Completion.task == made["id"]) == 0
    assert (await undo(ada, answer)).status_code == 409
    assert (await undo(ada, undone)).status_code == 200


async def test_adding_is_undone_into_the_trash_and_back(ada: Any) -> None:
    answer = await ada.post(TASKS, json={"title": "Oops"})
    undone = await undo(ada, answer)
    assert await titles(ada) == []
    await undo(ada, undone)
    assert await titles(ada) == ["Oops"]


async def test_nothing_is_undone_by_others_late_or_over_a_later_change(
    ada: Any, grace: Any
) -> None:
    house = await project(ada)
    await share(ada, house, "grace")
    made = await task(ada, "a", project=house)
    here = f"{TASKS}/{made['id']}"
    answer = await ada.patch(here, json={"title": "b"})
    assert (await undo(grace, answer)).json()["code"] == "cannot_undo"
    later = await grace.patch(here, json={"priority": 1})
    assert (await undo(ada, answer)).status_code == 409
    past = datetime.now(UTC) - timedelta(minutes=6)
    await Change.update({Change.at: past}).where(Change.thing == made["id"])
    assert (await undo(grace, later)).status_code == 409
    assert (await ada.get(here)).json()["title"] == "b"


async def test_who_lost_the_right_undoes_nothing(ada: Any, grace: Any) -> None:
    house = await project(ada)
    member = await share(ada, house, "grace")
    answer = await grace.post(TASKS, json={"title": "x", "project": house})
    path = f"{PROJECTS}/{house}/members/{member['id']}"
    removed = await ada.delete(path)
    assert (await undo(grace, answer)).status_code == 409
    assert (await undo(ada, removed)).status_code == 200
    assert await titles(grace) == ["x"]


async def test_of_two_who_undo_at_once_one_does(ada: Any) -> None:
    made = await task(ada)
    answer = await ada.patch(f"{TASKS}/{made['id']}", json={"title": "b"})
    answers = await asyncio.gather(*(undo(ada, answer) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]


async def test_moves_and_bulks_are_undone_whole(ada: Any) -> None:
    house = await project(ada)
    ids = [(await task(ada, f"{n}"))["id"] for n in range(3)]
    child = await task(ada, "child", parent=ids[0])
    moved = await ada.post(f"{TASKS}/{ids[0]}/move", json={"project": house})
    assert (await undo(ada, moved)).status_code == 200
    assert (await ada.get(f"{TASKS}/{child['id']}")).json()["parent"] == ids[0]
    items = [
        {"id": ids[0], "title": "x"},
        {"id": ids[1], "action": "complete"},
        {"id": ids[2], "action": "delete"},
    ]
    bulk = await ada.post(f"{TASKS}/bulk", json={"tasks": items})
    assert (await undo(ada, bulk)).status_code == 200
    assert sorted(await titles(ada, done="false")) == ["0", "1", "2", "child"]


async def test_a_large_bulk_is_undone_by_a_header_that_proxies_let_through(
    ada: Any,
) -> None:
    house = await project(ada)
    now = datetime.now(UTC)
    rows = [
        Task(owner=ada.id, project=house, title="x", created_at=now, updated_at=now)
        for _ in range(40)
    ]
    ids = [row["id"] for row in await Task.insert(*rows)]
    items = [{"id": id, "action": "complete"} for id in ids]
    bulk = await ada.post(f"{TASKS}/bulk", json={"tasks": items})
    assert bulk.status_code == 200
    assert len(bulk.headers["undo"]) < 1000
    assert (await undo(ada, bulk)).json() == {"undone": 80}
    assert len(await titles(ada, done="false", limit=100)) == 40


async def test_projects_comments_labels_and_reminders_are_undone(ada: Any) -> None:
    house = await project(ada)
    made = await task(ada, "Roof", project=house)
    here = f"{TASKS}/{made['id']}"
    comment = await make(ada, f"{here}/comments", text="first")
    label = await make(ada, f"{TODO}/labels", name="errand")
    reminder = await make(ada, f"{here}/reminders", at="2098-01-01T00:00:00Z")
    for path, shown in (
        (f"{PROJECTS}/{house}", f"{PROJECTS}/{house}"),
        (f"{here}/comments/{comment['id']}", f"{here}/comments/{comment['id']}"),
        (f"{TODO}/labels/{label['id']}", f"{TODO}/labels/{label['id']}"),
        (f"{here}/reminders/{reminder['id']}", f"{here}/reminders"),
    ):
        before = (await ada.get(shown)).json()
        answer = await ada.delete(path)
        assert answer.status_code == 204, answer.text
        undone = await undo(ada, answer)
        assert undone.status_code == 200, (path, undone.text)
        after = (await ada.get(shown)).json()
        assert same(after, before) or after["items"][0]["id"] == before["items"][0]["id"]
    assert await titles(ada, project=house) == ["Roof"]


BOMB = urlsafe_b64encode(zlib.compress(b"[" * 10_000_000)).rstrip(b"=").decode()
BAD_TOKENS = [BOMB[:19_999], "x", "W10", "é", "WyJ0YXNrIl0", "W1sidGFzayIsMSwxXV0"]


async def test_a_bad_token_is_refused(ada: Any) -> None:
    for token in BAD_TOKENS:
        answer = await ada.post(f"{TODO}/undo", json={"token": token})
        assert (answer.status_code, answer.json()["code"]) == (409, "cannot_undo")


async def test_the_triggers_know_every_column(ada: Any) -> None:
    made = await task(ada)
    await ada.patch(f"{TASKS}/{made['id']}", json={"title": "b"})
    rows = await Change.select(Change.before).where(Change.before.is_not_null())
    kept = set(json.loads(rows[0]["before"]))
    assert kept >= {column._meta.name for column in Task._meta.columns}
