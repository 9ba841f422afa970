"""What follows ``every``: a rule (RFC 5545)."""

from __future__ import annotations

import re

from .words import CODES, month_and_day, weekday_of, word_at

ORDINAL = re.compile(r"([1-9]|[12]\d|3[01])(st|nd|rd|th)")
UNITS = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
MOST = 999


def rule_of(rest: list[str]) -> tuple[str, int]:
    """Return a rule and how many words it took."""
    if not rest:
        return "", 0
    if rest[0] in ("weekday", "workday"):
        return "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", 1
    if rest[:2] == ["last", "day"]:
        return "FREQ=MONTHLY;BYMONTHDAY=-1", 2
    if month_day := month_and_day(rest):
        month, day = month_day
        return f"FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}", 2
    if ordinal := ORDINAL.fullmatch(rest[0]):
        return f"FREQ=MONTHLY;BYMONTHDAY={ordinal[1]}", 1
    number, used = (rest[0], 1) if rest[0].isascii() and rest[0].isdigit() else ("1", 0)
    number, used = ("2", 1) if rest[0] == "other" else (number, used)
    unit = rest[used].removesuffix("s") if len(rest) > used else ""
    if unit in UNITS and 0 < int(number[:4]) <= MOST:
        interval = "" if int(number) == 1 else f";INTERVAL={int(number)}"
        return f"FREQ={UNITS[unit]}{interval}", used + 1
    return _weekdays(rest)


def _weekdays(rest: list[str]) -> tuple[str, int]:
    days: list[str] = []
    count = 0
    while count < len(rest):
        day = weekday_of(rest[count])
        if day is None and not (
            rest[count] == "and" and weekday_of(word_at(rest, count + 1)) is not None
        ):
            break
        if day is not None and CODES[day] not in days:
            days.append(CODES[day])
        count += 1
    return (f"FREQ=WEEKLY;BYDAY={','.join(days)}", count) if days else ("", 0)
