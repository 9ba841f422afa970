"""Quick add: what a line is taken for; nothing of it is ever lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.todo.quick.line import parse
from plugins.todo.recurrence import check
from tests.clocks import still_now
from tests.plugins.todo.asking import TODO, project, titles

TODAY = date(2026, 11, 25)  # a Wednesday
QUICK = f"{TODO}/tasks/quick"


@pytest.mark.parametrize(
    ("text", "title", "day", "time", "rule"),
    [
        ("milk", "milk", None, None, None),
        ("milk today", "milk", "2026-11-25", None, None),
        ("milk tomorrow at 9:00", "milk", "2026-11-26", "09:00", None),
        ("milk tonight", "milk", "2026-11-25", "20:00", None),
        ("milk wednesday", "milk", "2026-12-02", None, None),
        ("milk on Fri 5pm", "milk", "2026-11-27", "17:00", None),
        ("milk next friday", "milk", "2026-12-04", None, None),
        ("milk next week", "milk", "2026-11-30", None, None),
        ("milk next month", "milk", "2026-12-01", None, None),
        ("milk in 3 days", "milk", "2026-11-28", None, None),
        ("milk in 3 months", "milk", "2027-02-25", None, None),
        ("milk 2030-01-31 at 9", "milk", "2030-01-31", "09:00", None),
        ("milk 2030-02-30", "milk 2030-02-30", None, None, None),
        ("milk 31 jan", "milk", "2027-01-31", None, None),
        ("milk jan 31st 12:30 am", "milk", "2027-01-31", "00:30", None),
        ("milk 30 feb", "milk 30 feb", None, None, None),
        ("milk 31 jan 2030 at 9", "milk", "2030-01-31", "09:00", None),
        ("milk jan 31 2030", "milk", "2030-01-31", None, None),
        ("milk 29 feb 2027", "milk 29 feb 2027", None, None, None),
        ("milk 31 jan 1999", "milk 1999", "2027-01-31", None, None),
        ("milk at noon", "milk", "2026-11-25", "12:00", None),
        ("milk every day", "milk", "2026-11-25", None, "FREQ=DAILY"),
        ("milk every 2 weeks", "milk", "2026-11-25", None, "FREQ=WEEKLY;INTERVAL=2"),
        ("milk every other day", "milk", "2026-11-25", None, "FREQ=DAILY;INTERVAL=2"),
        ("milk every weekday", "milk", "2026-11-25", None, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ("milk every mon, wed and fri", "milk", "2026-11-25", None, "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
        ("milk every 1st", "milk", "2026-12-01", None, "FREQ=MONTHLY;BYMONTHDAY=1"),
        ("milk every last day", "milk", "2026-11-30", None, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("milk every 31 jan", "milk", "2027-01-31", None, "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=31"),
        ("read every chapter", "read every chapter", None, None, None),
        ("\\tomorrow never dies", "tomorrow never dies", None, None, None),
        ("tomorrow", "tomorrow", None, None, None),
        ("Call May", "Call May", None, None, None),
    ],
)
def test_a_line_is_understood(
    text: str, title: str, day: str | None, time: str | None, rule: str | None
) -> None:
    found = parse(text, TODAY)
    assert (found.title, found.day and found.day.isoformat(), found.time, found.rule) == (
        title,
        day,
        time,
        rule,
    )


def test_the_example_of_the_manual() -> None:
    found = parse("pay rent every 1st at 9:00 #home !1 @bills", TODAY)
    assert (found.title, found.project, found.priority, found.labels) == (
        "pay rent",
        "home",
        4,
        ["bills"],
    )
    assert (found.rule, found.time) == ("FREQ=MONTHLY;BYMONTHDAY=1", "09:00")
    assert parse("water every! 3 days", TODAY).basis == "completion"


KNOWN = """every every! next in on at by other last day days week month mon and friday tomorrow
1st 31 jan feb 30 9 9:00 12:60 am pm noon #home # @x @ !1 !9 \\today \\ 2026-02-30 ٣ 0 999 1000"""
words = st.one_of(st.sampled_from(KNOWN.split()), st.text(min_size=1, max_size=8))


@given(st.lists(words, min_size=1, max_size=12))
def test_no_line_crashes_and_no_word_is_lost(line: list[str]) -> None:
    text = " ".join(line)
    found = parse(text, TODAY)
    told = sorted(" ".join([found.title, *(part for part, _ in found.understood)]).split())
    assert [word.removeprefix("\\") for word in sorted(text.split(), key=_bare)] == sorted(
        (word.removeprefix("\\") for word in told), key=_bare
    ) or not text.split()
    if found.rule:
        assert found.day is not None
        check(found.rule, found.day.isoformat())


def _bare(word: str) -> str:
    return word.removeprefix("\\")


async def test_the_task_is_added_as_it_was_understood(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    still_now(monkeypatch, "plugins.todo.service.quick")
    home = await project(ada, "Home")
    line = {"text": "pay rent every 1st at 9:00 #home !1 @Bills"}
    shown = (await ada.post(f"{QUICK}?dry_run=true", json=line)).json()
    assert shown["task"] is None
    assert await titles(ada) == []
    answer = await ada.post(QUICK, json=line)
    made = answer.json()["task"]
    assert {**answer.json(), "task": None} == shown
    assert (made["title"], made["project"], made["priority"]) == ("pay rent", home, 4)
    assert (made["labels"], made["due"]["time"]) == (["bills"], "09:00")
    assert made["recurrence"]["rule"] == "FREQ=MONTHLY;BYMONTHDAY=1"
    assert {each["text"] for each in shown["understood"]} == {
        "every 1st",
        "at 9:00",
        "#home",
        "!1",
        "@Bills",
    }


async def test_a_project_that_is_not_there_stays_in_the_title(ada: Any) -> None:
    made = (await ada.post(QUICK, json={"text": "call #grace"})).json()["task"]
    assert made["title"] == "call #grace"


BAD_LINES = ["", " ", "x" * 501, "\u0000"]


async def test_a_bad_line_is_refused(ada: Any) -> None:
    for text in BAD_LINES:
        assert (await ada.post(QUICK, json={"text": text})).status_code == 422, text


def test_a_label_that_is_given_twice_is_one() -> None:
    assert parse("milk @shop @b @Shop", TODAY).labels == ["shop", "b"]
