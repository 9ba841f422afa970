"""How a task comes again: a rule of RFC 5545, worked out by python-dateutil in bounded time.

Times are a clock's on the wall: a rule is worked out without a zone, so that nine o'clock stays
nine o'clock when the clocks change. A rule means what RFC 5545 says: monthly on the 31st leaves out
the months that have none; ``BYMONTHDAY=-1`` is the last day of every month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from core import Invalid

from .due import DAY, LAST

FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
RANGES = {"BYMONTHDAY": (-31, 31), "BYSETPOS": (-366, 366), "BYMONTH": (1, 12)}
MOST = 1000
"""The largest COUNT and INTERVAL."""

PATIENCE = 25_000
"""How many days a rule may leave out before it is said to have no further occurrence."""


class BadRule(Invalid):
    """The recurrence rule cannot be used."""

    code, title = "bad_recurrence", "Bad recurrence"


class _Months:
    """Stands for the months of a rule, and ends a search that finds nothing.

    dateutil asks it about each day that it looks at, and by itself would go on to the year 9999.
    """

    def __init__(self, months: Iterable[int]) -> None:
        self._months, self._left = frozenset(months) or frozenset(range(1, 13)), PATIENCE

    def begin_again(self) -> None:
        """Search on with new patience."""
        self._left = PATIENCE

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._months))

    def __contains__(self, month: object) -> bool:
        self._left -= 1
        if self._left < 0:
            raise TimeoutError
        return month in self._months


def normalised(text: str) -> str:
    """Return a rule in capitals with its parts in their usual order. Raises BadRule."""
    parts = _parts(text)
    return ";".join(f"{name}={parts[name]}" for name in sorted(parts, key=_place))


def check(text: str, due: str) -> str:
    """Return a rule as it is kept, once it is certain that it occurs. Raises BadRule."""
    rule = normalised(text)
    if following(rule, due, due) is None and _count(rule) != 1:
        raise BadRule(f"The rule {rule} has no occurrence behind {due[:DAY]}.")
    return rule


def following(rule: str, start: str, after: str) -> str | None:
    """Return the first occurrence behind ``after`` of a rule that starts at ``start``.

    All are local texts (see due.py); the time is that of ``start``. None when there is none.
    """
    begin, behind = _moment(start), _moment(after)
    for found in _occurrences(rule, begin):
        if found > behind:
            if found.date() > LAST:
                return None
            return found.date().isoformat() + start[DAY:]
    return None


def _occurrences(rule: str, begin: datetime) -> Iterator[datetime]:
    parts = _parts(rule)
    made = rrule(dtstart=begin, **_arguments(parts))
    months = made._bymonth = _Months(made._bymonth or ())  # type: ignore[attr-defined]
    try:
        for found in made:
            yield found
            months.begin_again()
    except (TimeoutError, OverflowError, ValueError):
        return


def remaining(rule: str) -> str | None:
    """Return a rule with one occurrence less; None when that was the last."""
    parts = _parts(rule)
    if "COUNT" in parts:
        left = int(parts["COUNT"]) - 1
        if left < 1:
            return None
        parts["COUNT"] = str(left)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def next_due(rule: str, basis: str, due: str, done: str) -> str | None:
    """Return when a task that was due at ``due`` and done at ``done`` (local texts) is due again.

    From the due date: the first occurrence that is not past. From completion: the rule starts on
    the day it was done. None when it was the last time.
    """
    if remaining(rule) is None:
        return None
    if basis == "completion":
        start = done[:DAY] + due[DAY:]
        return following(rule, start, done[:DAY] if len(due) == DAY else f"{done[:DAY]}T23:59")
    now = done[:DAY] if len(due) == DAY else done
    return following(rule, due, max(due, now))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text if len(text) > DAY else f"{text}T00:00")


def _parts(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value:
            raise BadRule(f"{part[:40]!r} is no part of a rule: write NAME=VALUE.")
        if name in found:
            raise BadRule(f"{name} is given twice.")
        if name not in CHECKS:
            raise BadRule(f"{name[:20]!r} is not understood: {', '.join(CHECKS)} are.")
        CHECKS[name](name, value)
        found[name] = value
    if "FREQ" not in found:
        raise BadRule("A rule says FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    if "COUNT" in found and "UNTIL" in found:
        raise BadRule("A rule has COUNT or UNTIL, not both.")
    _check_together(found)
    return found


def _check_together(parts: dict[str, str]) -> None:
    """Refuse what RFC 5545 does not allow together."""
    numbered = re.search(r"[0-9]", parts.get("BYDAY", "")) is not None
    if parts["FREQ"] in ("DAILY", "WEEKLY") and numbered:
        raise BadRule("BYDAY has numbers only with FREQ=MONTHLY or YEARLY.")
    if parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts and numbered:
        raise BadRule("BYDAY with numbers needs BYMONTH where FREQ=YEARLY.")
    if parts["FREQ"] == "WEEKLY" and "BYMONTHDAY" in parts:
        raise BadRule("BYMONTHDAY does not go with FREQ=WEEKLY.")
    if "BYSETPOS" in parts and not {"BYDAY", "BYMONTHDAY", "BYMONTH"} & set(parts):
        raise BadRule("BYSETPOS goes with another BY part only.")


def _frequency(name: str, value: str) -> None:
    if value not in FREQUENCIES:
        raise BadRule(f"FREQ is one of {', '.join(FREQUENCIES)}.")


def _bounded(name: str, value: str) -> None:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= MOST:
        raise BadRule(f"{name} is a number from 1 to {MOST}.")


def _several(name: str, value: str) -> None:
    low, high = RANGES[name]
    for each in value.split(","):
        if not NUMBER.fullmatch(each) or int(each) == 0 or not low <= int(each) <= high:
            raise BadRule(f"{name} has numbers from {low} to {high} without 0, commas between.")


def _days(name: str, value: str) -> None:
    if not all(BY_DAY.fullmatch(each) for each in value.split(",")):
        raise BadRule("BYDAY has weekdays, as in MO,WE or 1FR or -1SU.")


def _until(name: str, value: str) -> None:
    try:
        if not UNTIL.fullmatch(value):
            raise ValueError
        datetime.fromisoformat(value.removesuffix("Z"))
    except ValueError:
        raise BadRule("UNTIL is a day or a time, as in 20300131.") from None


def _weekday(name: str, value: str) -> None:
    if value not in WEEKDAYS:
        raise BadRule("WKST is a weekday, as in MO.")


CHECKS = {
    "FREQ": _frequency,
    "INTERVAL": _bounded,
    "COUNT": _bounded,
    "UNTIL": _until,
    "BYMONTH": _several,
    "BYMONTHDAY": _several,
    "BYDAY": _days,
    "BYSETPOS": _several,
    "WKST": _weekday,
}


def _place(name: str) -> int:
    return list(CHECKS).index(name)


def _count(rule: str) -> int | None:
    found = re.search(r"COUNT=(\d+)", rule)
    return int(found[1]) if found else None


def _numbers(parts: dict[str, str], name: str) -> list[int]:
    return [int(each) for each in parts[name].split(",")] if name in parts else []


def _arguments(parts: dict[str, str]) -> dict[str, Any]:
    """Return a rule as dateutil takes it. COUNT is counted in the task, not from its start."""
    made: dict[str, Any] = {
        "freq": FREQUENCIES[parts["FREQ"]],
        "interval": int(parts.get("INTERVAL", "1")),
        "wkst": WEEKDAYS[parts.get("WKST", "MO")],
    }
    if "UNTIL" in parts:
        made["until"] = _end(parts["UNTIL"])
    for name in ("BYMONTH", "BYMONTHDAY", "BYSETPOS"):
        if name in parts:
            made[name.lower()] = _numbers(parts, name)
    if "BYDAY" in parts:
        days = [BY_DAY.fullmatch(each) for each in parts["BYDAY"].split(",")]
        made["byweekday"] = [
            weekday(WEEKDAYS[day[2]], int(day[1]) if day[1] else None) for day in days if day
        ]
    return made


def end_of(rule: str) -> datetime | None:
    """Return the local time until which a rule goes; None for one without an end."""
    until = _parts(rule).get("UNTIL")
    return None if until is None else _end(until)


def _end(text: str) -> datetime:
    """Return UNTIL as a local time; a day ends at midnight."""
    found = datetime.fromisoformat(text.removesuffix("Z"))
    return found if "T" in text else found + timedelta(days=1, seconds=-1)


def runs(rule: str, done: list[str]) -> list[int]:
    """Return how many occurrences were done one after the other, run by run, the oldest first."""
    found: list[int] = []
    for number, day in enumerate(done):
        if number and following(rule, done[number - 1], done[number - 1]) == day:
            found[-1] += 1
        else:
            found.append(1)
    return found
