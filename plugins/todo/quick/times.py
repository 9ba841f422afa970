"""A time of the day: ``9:00``, ``9am``, ``noon``."""

from __future__ import annotations

import re

CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(am|pm)?|(1[0-2]|0?[1-9])(am|pm)")


def time_of(word: str, *, bare: bool) -> str | None:
    """Return a time as ``09:30``; ``bare``: a number alone is an hour."""
    if word in ("noon", "midnight"):
        return "12:00" if word == "noon" else "00:00"
    if bare and re.fullmatch(r"[01]?\d|2[0-3]", word) and word.isascii():
        return f"{int(word):02}:00"
    match = CLOCK.fullmatch(word) if word.isascii() else None
    if match is None:
        return None
    hour, minute, half = int(match[1] or match[4]), match[2] or "00", match[3] or match[5]
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return f"{hour:02}:{minute}"
