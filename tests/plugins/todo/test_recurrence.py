"""Rules of RFC 5545, in bounded time and by the clock on the wall."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import Problem
from plugins.todo.due import moment_of
from plugins.todo.recurrence import check, following, next_due, normalised
from tests.plugins.todo.asking import TASKS, task


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=DAILY", "2030-12-31", "2031-01-01"),
        ("FREQ=WEEKLY;BYDAY=MO,WE", "2026-01-01T09:00", "2026-01-05T09:00"),
        ("FREQ=WEEKLY;INTERVAL=2", "2026-01-01", "2026-01-15"),
        ("FREQ=MONTHLY", "2026-01-31", "2026-03-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", "2026-02-28"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30", "2026-02-27"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-30", "2026-02-27"),
        ("FREQ=YEARLY", "2024-02-29", "2028-02-29"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2096-02-29", "2104-02-29"),
        ("FREQ=DAILY;UNTIL=20260102", "2026-01-02", None),
        ("rrule:freq=daily", "2026-01-01", "2026-01-02"),
    ],
)
def test_a_rule_means_what_the_standard_says(rule: str, start: str, expected: str | None) -> None:
    assert following(normalised(rule), start, start) == expected


BAD_RULES = [
    "FREQ=SECONDLY",
    "FREQ=MINUTELY",
    "FREQ=HOURLY",
    "INTERVAL=2",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;INTERVAL=99999999999",
    "FREQ=DAILY;COUNT=0",
    "FREQ=DAILY;COUNT=5000",
    "FREQ=DAILY;COUNT=2;UNTIL=20300101",
    "FREQ=DAILY;FREQ=DAILY",
    "FREQ=DAILY;BYHOUR=1,2,3",
    "FREQ=DAILY;BYEASTER=1",
    "FREQ=WEEKLY;BYDAY=1MO",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=MONTHLY;BYMONTHDAY=32",
    "FREQ=MONTHLY;BYMONTHDAY=0",
    "FREQ=DAILY;UNTIL=20301399",
    "FREQ=DAILY;UNTIL=٢٠٣٠٠١٠١",
    "FREQ=DAILY\nDTSTART:20300101",
    "nonsense",
    "=",
    ";;",
]


async def test_a_bad_rule_is_refused(ada: Any) -> None:
    for rule in BAD_RULES:
        body = {"title": "x", "due": {"date": "2030-01-31"}, "recurrence": {"rule": rule}}
        answer = await ada.post(TASKS, json=body)
        told = (answer.status_code, answer.json()["code"])
        assert told == (422, "bad_recurrence"), (rule, answer.text)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=10",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
        "FREQ=MONTHLY;BYDAY=5MO;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=1000;BYMONTHDAY=31;BYMONTH=4",
    ],
)
def test_a_rule_that_never_occurs_is_refused_in_no_time(rule: str) -> None:
    began = time.process_time()
    with pytest.raises(Problem, match="no occurrence"):
        check(rule, "2026-01-05")
    assert time.process_time() - began < 1


parts = st.sampled_from(
    [
        *(
            "FREQ=DAILY",
            "FREQ=WEEKLY",
            "FREQ=MONTHLY",
            "FREQ=YEARLY",
            "INTERVAL=3",
            "INTERVAL=1000",
        ),
        *("COUNT=1", "COUNT=3", "UNTIL=20270101", "BYMONTH=2", "BYMONTH=1,12", "BYMONTHDAY=31"),
        *("BYMONTHDAY=-31", "BYDAY=MO", "BYDAY=5SU", "BYDAY=-53SA", "BYSETPOS=-1", "BYSETPOS=366"),
        *("WKST=SU", "BYDAY=MO,TU,WE,TH,FR,SA,SU", "FREQ=", "X=1", "UNTIL=00000000"),
    ]
)


@given(st.lists(parts, min_size=1, max_size=6))
def test_no_rule_takes_long_or_crashes(rule: list[str]) -> None:
    began = time.process_time()
    with suppress(Problem):
        check(";".join(rule), "2026-01-31T09:00")
    assert time.process_time() - began < 1


def test_a_weekly_task_keeps_its_hour_when_the_clocks_change() -> None:
    for start in ("2026-03-25T09:00", "2026-10-21T09:00"):
        text: str | None = start
        hours = []
        for _ in range(3):
            assert text is not None
            hours.append(moment_of(text, "Europe/Berlin").hour)
            assert text.endswith("T09:00")
            text = following("FREQ=WEEKLY", text, text)
        assert sorted(set(hours)) == [7, 8]


def test_a_daily_task_in_the_hour_that_is_left_out_keeps_its_time_the_day_after() -> None:
    gap = following("FREQ=DAILY", "2026-03-28T02:30", "2026-03-28T02:30")
    assert gap == "2026-03-29T02:30"
    assert moment_of(gap, "Europe/Berlin") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert following("FREQ=DAILY", gap, gap) == "2026-03-30T02:30"


@pytest.mark.parametrize(
    ("basis", "due", "done", "expected"),
    [
        ("due", "2026-01-05", "2026-01-05T10:00", "2026-01-12"),
        ("due", "2026-01-05", "2026-01-29T10:00", "2026-02-02"),
        ("due", "2026-01-05", "2026-01-01T10:00", "2026-01-12"),
        ("due", "2026-01-05T09:00", "2026-01-12T08:00", "2026-01-12T09:00"),
        ("completion", "2026-01-05", "2026-01-07T10:00", "2026-01-14"),
        ("completion", "2026-01-05T09:00", "2026-01-07T08:00", "2026-01-14T09:00"),
        ("completion", "2026-01-05", "2026-01-01T10:00", "2026-01-08"),
    ],
)
def test_the_next_time_is_counted_from_due_or_from_completion(
    basis: str, due: str, done: str, expected: str
) -> None:
    assert next_due("FREQ=WEEKLY", basis, due, done) == expected


async def test_what_repeats_needs_a_due_date(ada: Any) -> None:
    body = {"title": "x", "recurrence": {"rule": "FREQ=DAILY"}}
    assert (await ada.post(TASKS, json=body)).status_code == 422
    made = await task(ada, due={"date": "2030-01-31"}, recurrence={"rule": "freq=daily"})
    assert made["recurrence"] == {"rule": "FREQ=DAILY", "from": "due"}
    cleared = (await ada.patch(f"{TASKS}/{made['id']}", json={"due": None})).json()
    assert cleared["recurrence"] is None
