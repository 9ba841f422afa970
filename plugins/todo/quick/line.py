"""Quick add: a line as people write it, read word by word; what is not understood is the title.

English words, in any case: ``today``, ``tonight``, ``tomorrow``, ``monday`` (the next one), ``next
monday`` (that of next week), ``next week`` (its monday), ``next month`` (its first day), ``in 3
days`` (weeks, months), ``2030-01-31``, ``31 jan``, ``jan 31``; ``at 9:00``, ``at 9``, ``9am``,
``9:30 pm``, ``noon``; ``every day``, ``every 2 weeks``, ``every monday and friday``, ``every
weekday``, ``every 1st``, ``every last day``, ``every 31 jan``, ``every! ...`` (from completion);
``#project``, ``@label``, ``!1`` (urgent) to ``!4``. A word behind a backslash stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from ..recurrence import following
from .days import day_of
from .rules import rule_of
from .times import CLOCK, time_of
from .words import word_at

WORD = re.compile(r"\S+")
LONGEST_LABEL = 50
LABELS = 20


@dataclass
class Quick:
    """What a line was taken for. ``understood`` has each part of it with its meaning."""

    title: str = ""
    project: str | None = None
    labels: list[str] = field(default_factory=list)
    priority: int = 0
    day: date | None = None
    time: str | None = None
    rule: str | None = None
    basis: str = "due"
    understood: list[tuple[str, str]] = field(default_factory=list)


def parse(text: str, today: date) -> Quick:
    """Read a line. The title has every word that nothing else was made of, in its order.

    The first word of a kind counts; a second date or project stays in the title.
    """
    words = [match.group() for match in WORD.finditer(text)]
    found, title, place = Quick(), [], 0
    while place < len(words):
        count = 0
        for read in READERS:
            count = read(found, words[place:], today)
            if count:
                break
        if count == 0:
            title.append(
                words[place].removeprefix("\\") if _escaped(words[place]) else words[place]
            )
        place += max(count, 1)
    found.title = " ".join(title)
    if not found.title:
        return Quick(title=" ".join(words), understood=[])
    _complete(found, today)
    return found


def _escaped(word: str) -> bool:
    return len(word) > 1 and word[0] == "\\"


def _complete(found: Quick, today: date) -> None:
    """Give what repeats, and what has a time, the day that it begins on."""
    if found.day is None and found.rule is not None:
        yesterday = (today - timedelta(days=1)).isoformat()
        first = following(found.rule, yesterday, yesterday)
        simple = "BY" not in found.rule
        found.day = today if simple or first is None else date.fromisoformat(first)
    if found.day is None and found.time is not None:
        found.day = today


def _take(found: Quick, words: list[str], count: int, meaning: str) -> int:
    found.understood.append((" ".join(words[:count]), meaning))
    return count


def _mark(found: Quick, words: list[str], today: date) -> int:
    """``#project``, ``@label`` and ``!priority``."""
    word = words[0]
    if word[0] == "#" and len(word) > 1 and found.project is None:
        found.project = word[1:]
        return _take(found, words, 1, f"project {word[1:]}")
    label = word[1:].casefold()
    fits = 0 < len(label) <= LONGEST_LABEL and not set(label) & set(",#\x85")
    if word[0] == "@" and fits and len(found.labels) < LABELS:
        found.labels += [] if label in found.labels else [label]
        return _take(found, words, 1, f"label {label}")
    if re.fullmatch("![1-4]", word) and not found.priority:
        found.priority = 5 - int(word[1])
        return _take(found, words, 1, f"priority {found.priority}")
    return 0


def _every(found: Quick, words: list[str], today: date) -> int:
    """``every ...``: a rule."""
    first = words[0].casefold()
    if found.rule is not None or first not in ("every", "every!", "daily", "weekly", "monthly"):
        return 0
    if first in ("daily", "weekly", "monthly"):
        found.rule = f"FREQ={first.upper()}"
        return _take(found, words, 1, found.rule)
    rest = [word.casefold().rstrip(",") for word in words[1:]]
    rule, count = rule_of(rest)
    if count == 0:
        return 0
    found.rule, found.basis = rule, "completion" if first == "every!" else "due"
    return _take(found, words, count + 1, f"{rule} from {found.basis}")


def _day(found: Quick, words: list[str], today: date) -> int:
    """A day."""
    if found.day is not None:
        return 0
    lower = [word.casefold().rstrip(",") for word in words[:3]]
    skipped = 1 if lower[0] in ("on", "by") and len(lower) > 1 else 0
    day, count = day_of(lower[skipped:], today)
    if day is None:
        return 0
    found.day = day
    if lower[skipped] == "tonight":
        found.time = found.time or "20:00"
    return _take(found, words, count + skipped, f"due {day}")


def _time(found: Quick, words: list[str], today: date) -> int:
    """A time of the day."""
    if found.time is not None:
        return 0
    lower = [word.casefold().rstrip(",") for word in words[:3]]
    skipped = 1 if lower[0] == "at" and len(lower) > 1 else 0
    word, half = lower[skipped], word_at(lower, skipped + 1)
    joined = half in ("am", "pm") and CLOCK.fullmatch(word + half) is not None
    time = time_of(word + half if joined else word, bare=bool(skipped))
    if time is None:
        return 0
    found.time = time
    return _take(found, words, skipped + 1 + joined, f"at {time}")


Reader = Callable[[Quick, list[str], date], int]
READERS: tuple[Reader, ...] = (_mark, _every, _day, _time)
