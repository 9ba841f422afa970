"""The order of tasks in a project, by keys between keys."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.todo.ordering import LONGEST, between, key_at, spread
from plugins.todo.service import placing
from plugins.todo.tables import Task
from tests.plugins.todo.asking import TASKS, project, task, titles


async def move(person: Any, id: int, **where: Any) -> Any:
    answer = await person.post(f"{TASKS}/{id}/move", json=where)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def several(person: Any, count: int) -> tuple[int, list[int]]:
    house = await project(person)
    return house, [(await task(person, f"{n}", project=house))["id"] for n in range(count)]


async def test_tasks_are_in_the_order_they_were_added_and_moved(ada: Any) -> None:
    house, ids = await several(ada, 4)
    assert await titles(ada, project=house, sort="order") == list("0123")
    await move(ada, ids[3], before=ids[0])
    await move(ada, ids[0], after=ids[2])
    assert await titles(ada, project=house, sort="order") == list("3120")
    await move(ada, ids[3], project=house)
    assert await titles(ada, project=house, sort="order") == list("1203")
    assert await titles(ada, project=house, sort="-order") == list("3021")


async def test_a_move_changes_one_row(ada: Any) -> None:
    _, ids = await several(ada, 5)
    before = {each["id"]: each for each in (await ada.get(TASKS)).json()["items"]}
    await move(ada, ids[4], after=ids[0])
    after = {each["id"]: each for each in (await ada.get(TASKS)).json()["items"]}
    assert {id for id in ids if before[id] != after[id]} == {ids[4]}


async def test_moving_to_another_project_takes_the_sub_tasks_along(ada: Any) -> None:
    house, _ = await several(ada, 0)
    parent = await task(ada, "Roof")
    child = await task(ada, "Tiles", parent=parent["id"])
    await move(ada, parent["id"], project=house)
    moved = (await ada.get(f"{TASKS}/{child['id']}")).json()
    assert (moved["project"], moved["parent"]) == (house, parent["id"])
    inbox = parent["project"]
    assert (await move(ada, child["id"], project=inbox))["parent"] is None


BAD_MOVES = [{"after": 1, "before": 2}, {"after": 2**31 - 1}, {"project": 2**31 - 1}]


async def test_a_bad_move_is_refused(ada: Any) -> None:
    made = await task(ada)
    for body in BAD_MOVES:
        assert (await ada.post(f"{TASKS}/{made['id']}/move", json=body)).status_code == 422, body


async def test_the_order_of_all_projects_together_is_no_order(ada: Any) -> None:
    assert (await ada.get(TASKS, params={"sort": "order"})).status_code == 422


async def test_moves_at_the_same_time_take_different_places(ada: Any) -> None:
    house, ids = await several(ada, 10)
    await asyncio.gather(*(move(ada, id, after=ids[0]) for id in ids[2:]))
    keys = [each["order"] for each in (await ada.get(TASKS, params={"limit": 100})).json()["items"]]
    assert len(set(keys)) == 10
    order = await titles(ada, project=house, sort="order")
    assert (order[0], order[-1]) == ("0", "1")


async def test_between_two_neighbours_there_is_always_room_again(ada: Any) -> None:
    """The database's part of what the ten thousand below show."""
    house, ids = await several(ada, 30)
    await Task.update({Task.order: "a0"}).where(Task.id == ids[0])
    await Task.update({Task.order: "a0" + "0" * (LONGEST - 3) + "1"}).where(Task.id == ids[1])
    for number, id in enumerate(ids[2:], 2):
        await Task.update({Task.order: f"b{number:02}"}).where(Task.id == id)
    for id in ids[2:]:
        moved = await move(ada, id, after=ids[0])
        assert len(moved["order"]) <= LONGEST
    expected = ["0", *(f"{n}" for n in range(29, 1, -1)), "1"]
    assert await titles(ada, project=house, sort="order", limit=100) == expected


class Rows:
    """The order of a project in memory, moved by the same code as the rows of the database."""

    def __init__(self, monkeypatch: Any) -> None:
        self.keys: dict[int, str] = {1: "a0", 2: "a1"}
        self.order = [1, 2]
        self.written = 0
        monkeypatch.setattr(placing, "_neighbours", self.neighbours)
        monkeypatch.setattr(placing, "revise", self.revise)

    async def neighbours(self, _: int, but: int, place: Any, count: int, *, behind: bool) -> Any:
        at = self.order.index(place[1])
        near = (
            self.order[at + 1 : at + 1 + count]
            if behind
            else self.order[max(at - count, 0) : at][::-1]
        )
        return [(self.keys[id], id) for id in near]

    async def revise(self, id: int, _: int, columns: Any) -> None:
        self.keys[id] = columns["order"]
        self.written += 1

    async def insert(self, at: int) -> None:
        """Put a new row between the ``at``th and the one behind it."""
        low, high = [self.place(at)], [self.place(at + 1)]
        id = len(self.order) + 1
        self.keys[id] = await placing._between(1, 1, id, low, high)
        self.order.insert(at + 1, id)

    def place(self, at: int) -> Any:
        return self.keys[self.order[at]], self.order[at]


@pytest.mark.parametrize("where", ["first", "last", "middle", "anywhere"])
async def test_keys_stay_short_and_right_after_ten_thousand_insertions(
    monkeypatch: Any, where: str
) -> None:
    rows = Rows(monkeypatch)
    chance = random.Random(7)
    for _ in range(10_000):
        last = len(rows.order) - 2
        places = {
            "first": 0,
            "last": last,
            "middle": last // 2,
            "anywhere": chance.randint(0, last),
        }
        await rows.insert(places[where])
    keys = [rows.keys[id] for id in rows.order]
    assert keys == sorted(set(keys))
    assert max(map(len, keys)) < 64
    assert rows.written < 50_000


@given(st.lists(st.tuples(st.integers(0, 200), st.booleans()), max_size=80))
def test_there_is_a_key_between_any_two(steps: list[tuple[int, bool]]) -> None:
    keys = [key_at(datetime(2030, 1, 31, tzinfo=UTC))]
    for place, behind in steps:
        at = place % (len(keys) + 1)
        low = keys[at - 1] if at > 0 else None
        high = keys[at] if at < len(keys) else None
        keys[at:at] = spread(low, high, 2) if behind else [between(low, high)]
        assert keys == sorted(set(keys))


def test_the_published_examples_hold() -> None:
    for low, high, key in (
        (None, None, "a0"),
        (None, "a0", "Zz"),
        ("a0", None, "a1"),
        ("az", None, "b00"),
        ("a0", "a1", "a0V"),
        ("Zz", "a0", "ZzV"),
        ("Zz", "a1", "a0"),
        (None, "Y00", "Xzzz"),
    ):
        assert between(low, high) == key
    with pytest.raises(ValueError, match="before"):
        between("a1", "a0")


def test_later_tasks_come_later() -> None:
    moments = [
        datetime(1970, 1, 2, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2390, 1, 1, tzinfo=UTC),
    ]
    keys = [key_at(moment) for moment in moments]
    assert keys == sorted(keys)
    assert between(keys[0], keys[1]) > keys[0]
