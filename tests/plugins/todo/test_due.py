"""When tasks are due, and which day it is for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plugins.todo import due as dues
from tests.clocks import still_now
from tests.plugins.todo.asking import TASKS, TODO, task, titles


@pytest.fixture(autouse=True)
def _today_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    still_now(monkeypatch, "plugins.todo.service.filters", __name__)


def day(offset: int = 0, tz: str = "UTC") -> str:
    return (datetime.now(ZoneInfo(tz)).date() + timedelta(days=offset)).isoformat()


async def test_due_is_kept_as_it_was_said(ada: Any) -> None:
    for due in (
        {"date": "2030-01-31", "time": None, "tz": None},
        {"date": "2030-01-31", "time": "09:00", "tz": None},
        {"date": "2030-01-31", "time": "09:00", "tz": "Europe/Berlin"},
    ):
        made = await task(ada, due=due)
        assert made["due"] == due
        assert (await ada.get(f"{TASKS}/{made['id']}")).json()["due"] == due
    cleared = await ada.patch(f"{TASKS}/{made['id']}", json={"due": None})
    assert cleared.json()["due"] is None


BAD_DUES = [
    {"date": "2030-02-30"},
    {"date": "0001-01-01"},
    {"date": "9999-12-31"},
    {"date": "2030-01-31", "time": "24:00"},
    {"date": "2030-01-31", "time": "9:00"},
    {"date": "2030-01-31", "tz": "Europe/Berlin"},
    {"date": "2030-01-31", "time": "09:00", "tz": "Mars/Base"},
    {"date": "2030-01-31", "time": "09:00", "tz": "../../etc/passwd"},
    {"time": "09:00"},
]


async def test_a_bad_due_is_refused(ada: Any) -> None:
    for due in BAD_DUES:
        answer = await ada.post(TASKS, json={"title": "x", "due": due})
        assert answer.status_code == 422, (due, answer.text)


@pytest.mark.parametrize("tz", ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin"])
async def test_an_all_day_task_is_due_on_its_day_wherever_one_is(ada: Any, tz: str) -> None:
    for offset in (-1, 0, 1, 6, 7):
        await task(ada, f"{offset}", due={"date": day(offset, tz)})
    assert await titles(ada, due="today", tz=tz) == ["0"]
    assert await titles(ada, due="overdue", tz=tz) == ["-1"]
    assert await titles(ada, due="week", tz=tz, sort="due") == ["0", "1", "6"]
    shown = (await ada.get(TASKS, params={"tz": tz, "due": "today"})).json()["items"]
    assert shown[0]["due"]["date"] == day(0, tz)


def test_a_zoned_time_is_today_where_its_moment_is() -> None:
    """Eleven in the evening in New York is tomorrow in Berlin."""
    now = datetime(2030, 1, 31, 12, tzinfo=UTC)
    moment = dues.moment_of("2030-01-31T23:00", "America/New_York")
    for tz, is_today in (("America/New_York", True), ("Europe/Berlin", False)):
        *_, starts, ends = dues.window(0, tz, now)
        assert (starts <= moment < ends) is is_today


async def test_zoned_tasks_are_listed_by_their_moment(ada: Any) -> None:
    soon = (datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M")
    past = (datetime.now(ZoneInfo("Asia/Tokyo")) - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M")
    for name, text in (("soon", soon), ("past", past)):
        await task(ada, name, due={"date": text[:10], "time": text[11:], "tz": "Asia/Tokyo"})
    for tz in ("Pacific/Kiritimati", "Etc/GMT+12"):
        assert await titles(ada, due="overdue", tz=tz) == ["past"]
        assert "soon" in await titles(ada, due="week", tz=tz) or tz == "Pacific/Kiritimati"


async def test_a_floating_time_is_past_by_the_clock_on_the_wall(ada: Any) -> None:
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    at = (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    await task(ada, "floating", due={"date": at[:10], "time": at[11:]})
    assert await titles(ada, due="overdue", tz="Asia/Tokyo") == ["floating"]
    assert await titles(ada, due="overdue", tz="America/New_York") == []


async def test_without_a_zone_in_the_question_it_is_mine(ada: Any) -> None:
    for tz in ("Pacific/Kiritimati", "Etc/GMT+12"):
        await task(ada, tz, due={"date": day(0, tz)})
    changed = await ada.patch(f"{TODO}/preferences", json={"tz": "Pacific/Kiritimati"})
    assert changed.json()["tz"] == "Pacific/Kiritimati"
    assert "Pacific/Kiritimati" in await titles(ada, due="today")
    assert (await ada.patch(f"{TODO}/preferences", json={"tz": "Mars"})).status_code == 422


async def test_what_is_done_is_not_overdue_and_what_is_not_due_is_none(ada: Any) -> None:
    done = await task(ada, "done", due={"date": "2020-01-01"})
    await task(ada, "open", due={"date": "2020-01-01"})
    await task(ada, "never")
    await ada.post(f"{TASKS}/{done['id']}/complete")
    assert await titles(ada, due="overdue") == ["open"]
    assert await titles(ada, due="none") == ["never"]


@pytest.mark.parametrize("sort", ["due", "-due"])
async def test_sorted_by_due_every_task_is_shown_once(ada: Any, sort: str) -> None:
    for number in range(9):
        due = {"date": f"2030-01-{number % 3 + 1:02}"} if number % 2 else None
        await task(ada, f"{number}", due=due)
    seen: list[Any] = []
    params: dict[str, Any] = {"sort": sort, "limit": 2, "count": "true"}
    while True:
        page = (await ada.get(TASKS, params=params)).json()
        seen += page["items"]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert page["total"] == len(seen) == len({each["id"] for each in seen}) == 9
    days = [each["due"] and each["due"]["date"] for each in seen]
    with_day = [each for each in days if each]
    assert with_day == sorted(with_day, reverse=sort == "-due")
    assert days == ([*with_day, *[None] * 5] if sort == "due" else [*[None] * 5, *with_day])


async def test_a_list_by_due_costs_four_queries_at_most(ada: Any, count_queries: Any) -> None:
    await task(ada, due={"date": "2030-01-01"})
    await task(ada)
    count_queries()
    await ada.get(TASKS, params={"sort": "due", "due": "week", "tz": "UTC"})
    assert len(count_queries()) <= 4


def test_a_time_that_the_clocks_leave_out_or_have_twice_is_one_moment() -> None:
    assert dues.moment_of("2026-03-29T02:30", "Europe/Berlin") == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )
    assert dues.moment_of("2026-10-25T02:30", "Europe/Berlin") == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
    assert dues.today("Pacific/Kiritimati", datetime(2030, 1, 1, 12, tzinfo=UTC)) == date(
        2030, 1, 2
    )
