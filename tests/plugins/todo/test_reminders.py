"""Reminders: each is told once, also after the task was changed, by however many workers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.mail import read_folder
from plugins.todo.service import reminders
from plugins.todo.tables import Reminder
from tests.plugins.todo.asking import PROJECTS, TASKS, TODO, make, project, share, task

PAST, FUTURE = "2020-01-01T00:00:00Z", "2098-01-01T00:00:00Z"


def letters(environment: dict[str, str]) -> list[str]:
    folder = Path(environment["TENFOLD_CORE__DATA"]) / "mail"
    return [str(each["Subject"]) for each in read_folder(folder)]


async def claimed(at: datetime | None = None) -> list[int]:
    found = await reminders.claim(at or datetime.now(UTC), 100)
    return [each["id"] for each in found]


async def test_a_reminder_is_told_once_by_mail(
    ada: Any, run_tasks: Any, tenfold_environment: dict[str, str]
) -> None:
    title = f"Roof of {ada.id} at {datetime.now(UTC)}"
    made = await task(ada, title)
    await make(ada, f"{TASKS}/{made['id']}/reminders", at=PAST)
    for minutes in (1, 2, 3):
        await run_tasks(at=datetime.now(UTC) + timedelta(minutes=minutes))
    assert letters(tenfold_environment).count(f"Reminder: {title}") == 1


async def test_of_many_who_look_at_once_one_tells(ada: Any) -> None:
    made = await task(ada)
    ids = [(await make(ada, f"{TASKS}/{made['id']}/reminders", at=PAST))["id"] for _ in range(5)]
    found = await asyncio.gather(*(claimed() for _ in range(6)))
    assert sorted(id for each in found for id in each) == ids
    assert await claimed() == []


async def test_a_reminder_moves_with_its_task(ada: Any) -> None:
    due = {"date": "2098-01-31", "time": "09:00", "tz": "Europe/Berlin"}
    made = await task(ada, due=due)
    here = f"{TASKS}/{made['id']}"
    reminder = await make(ada, f"{here}/reminders", before=30)
    assert reminder["fire_at"] == "2098-01-31T07:30:00Z"
    assert await claimed(datetime(2098, 1, 31, 7, 31, tzinfo=UTC)) == [reminder["id"]]
    await ada.patch(here, json={"title": "other"})
    await ada.patch(here, json={"due": due | {"time": "08:00"}})
    assert await claimed(datetime(2098, 2, 1, tzinfo=UTC)) == []
    await ada.patch(here, json={"due": due | {"date": "2098-03-01"}})
    (shown,) = (await ada.get(f"{here}/reminders")).json()["items"]
    assert shown["fire_at"] == "2098-03-01T07:30:00Z"
    await ada.patch(here, json={"due": None})
    (shown,) = (await ada.get(f"{here}/reminders")).json()["items"]
    assert shown["fire_at"] is None


async def test_an_all_day_task_is_told_of_in_the_morning_where_one_lives(ada: Any) -> None:
    made = await task(ada, due={"date": "2098-01-31"})
    here = f"{TASKS}/{made['id']}/reminders"
    assert (await make(ada, here, before=0))["fire_at"] == "2098-01-31T09:00:00Z"
    await ada.patch(f"{TODO}/preferences", json={"tz": "Asia/Tokyo", "morning": "07:30"})
    (shown,) = (await ada.get(here)).json()["items"]
    assert shown["fire_at"] == "2098-01-30T22:30:00Z"


async def test_what_is_done_deleted_or_not_shared_any_more_is_not_told(
    ada: Any, grace: Any
) -> None:
    house = await project(ada)
    member = await share(ada, house, "grace", "viewer")
    made = [await task(ada, f"{n}", project=house) for n in range(3)]
    for each in made:
        who = grace if each is made[2] else ada
        await make(who, f"{TASKS}/{each['id']}/reminders", at=PAST)
    await ada.post(f"{TASKS}/{made[0]['id']}/complete")
    await ada.delete(f"{TASKS}/{made[1]['id']}")
    await ada.delete(f"{PROJECTS}/{house}/members/{member['id']}")
    assert await claimed() == []
    assert not await Reminder.exists().where(Reminder.fire_at.is_not_null())


async def test_what_repeats_is_told_of_each_time(ada: Any) -> None:
    made = await task(ada, due={"date": "2098-01-01"}, recurrence={"rule": "FREQ=WEEKLY"})
    reminder = await make(ada, f"{TASKS}/{made['id']}/reminders", before=0)
    for day in (1, 8):
        assert await claimed(datetime(2098, 1, day, 9, tzinfo=UTC)) == [reminder["id"]]
        await ada.post(f"{TASKS}/{made['id']}/complete")


async def test_reminders_are_mine_alone(ada: Any, grace: Any) -> None:
    house = await project(ada)
    await share(ada, house, "grace", "viewer")
    made = await task(ada, project=house)
    here = f"{TASKS}/{made['id']}/reminders"
    mine = await make(ada, here, at=FUTURE)
    assert (await grace.get(here)).json()["items"] == []
    assert (await grace.delete(f"{here}/{mine['id']}")).status_code == 404
    assert (await ada.delete(f"{here}/{mine['id']}")).status_code == 204


BAD_REMINDERS: list[Any] = [
    {},
    {"at": FUTURE, "before": 1},
    {"before": -1},
    {"at": "x"},
    {"at": "9999-12-31T23:59:59-01:00"},
    {"at": "0001-01-01T00:00:00+01:00"},
    {"at": "0001-01-01T00:00:00Z"},
    {"at": "9999-12-31T23:59:59.999999Z"},
]


async def test_a_bad_reminder_is_refused(ada: Any) -> None:
    made = await task(ada)
    for body in BAD_REMINDERS:
        assert (await ada.post(f"{TASKS}/{made['id']}/reminders", json=body)).status_code == 422, (
            body
        )
