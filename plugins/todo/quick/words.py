"""The words that days and months are called by."""

from __future__ import annotations

import re

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def word_at(words: list[str], place: int) -> str:
    """Return a word; behind the last one, an empty one."""
    return words[place] if place < len(words) else ""


def weekday_of(word: str) -> int | None:
    """Return a weekday's number, 0 for monday."""
    for number, name in enumerate(DAYS):
        if word in (name, name[:3]):
            return number
    return None


def month_of(word: str) -> int | None:
    """Return a month's number, 1 for january."""
    for number, name in enumerate(MONTHS, 1):
        if word in (name, name[:3]):
            return number
    return None


def month_and_day(words: list[str]) -> tuple[int, int] | None:
    """Return the month and the day of ``31 jan`` or ``jan 31``."""
    for one, other in (
        (word_at(words, 0), word_at(words, 1)),
        (word_at(words, 1), word_at(words, 0)),
    ):
        number = re.fullmatch(r"([1-9]|[12]\d|3[01])(st|nd|rd|th)?", one)
        month = month_of(other)
        if number and month and int(number[1]) <= (29, 30, 31)[_longest(month)]:
            return month, int(number[1])
    return None


def _longest(month: int) -> int:
    return 0 if month == 2 else 1 if month in (4, 6, 9, 11) else 2
