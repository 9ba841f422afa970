"""A day: ``tomorrow``, ``next monday``, ``in 3 weeks``, ``31 jan``."""

from __future__ import annotations

import re
from datetime import date, timedelta

from .words import month_and_day, weekday_of, word_at

YEAR = re.compile(r"20\d\d|21\d\d")
ISO = re.compile(r"(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def day_of(lower: list[str], today: date) -> tuple[date | None, int]:
    """Return the day that some words begin with, and how many words it took; none: 0."""
    first, monday = lower[0], today - timedelta(days=today.weekday())
    simple = {"today": 0, "tonight": 0, "tomorrow": 1}
    if first in simple:
        return today + timedelta(days=simple[first]), 1
    if (weekday := weekday_of(first)) is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1), 1
    if first == "next":
        following = word_at(lower, 1)
        if following == "week":
            return monday + timedelta(days=7), 2
        if following == "month":
            return (today.replace(day=1) + timedelta(days=32)).replace(day=1), 2
        if (weekday := weekday_of(following)) is not None:
            return monday + timedelta(days=7 + weekday), 2
    if first == "in":
        return _later(lower, today)
    return _dated(lower, today)


def _dated(lower: list[str], today: date) -> tuple[date | None, int]:
    """Read a day of the calendar."""
    first = lower[0]
    if ISO.fullmatch(first):
        try:
            return date.fromisoformat(first), 1
        except ValueError:
            return None, 0
    if month_day := month_and_day(lower):
        year = word_at(lower, 2)
        if YEAR.fullmatch(year) and int(year) >= today.year:
            return _calendar(int(year), *month_day), 3
        return _next(today, *month_day), 2
    return None, 0


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _later(lower: list[str], today: date) -> tuple[date | None, int]:
    number, unit = word_at(lower, 1), word_at(lower, 2).removesuffix("s")
    if not re.fullmatch("[1-9][0-9]{0,2}", number):
        return None, 0
    if unit in ("day", "week"):
        return today + timedelta(days=int(number) * (7 if unit == "week" else 1)), 3
    if unit == "month":
        months = today.year * 12 + today.month - 1 + int(number)
        first = date(months // 12, months % 12 + 1, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return first.replace(day=min(today.day, last.day)), 3
    return None, 0


def _next(today: date, month: int, day: int) -> date | None:
    """Return the next day of a year's calendar, today or later."""
    for year in range(today.year, today.year + 9):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None
