"""Times as every database keeps them."""

from __future__ import annotations

from datetime import UTC, datetime

from core.errors import Invalid

FIRST, LAST = (each.replace(tzinfo=UTC) for each in (datetime.min, datetime.max))
"""PostgreSQL takes these two for "always", and gives them out without a zone."""


def in_utc(moment: datetime) -> datetime:
    """Return a time with a zone in UTC.

    Raises Invalid at the ends of the calendar: what is beyond them in UTC, no database keeps. A
    body and a query are looked at before they are handed on; this is for what is read otherwise.
    """
    if not is_kept(moment):
        raise Invalid("A time must be between the years 1 and 9999 in UTC.")
    return moment.astimezone(UTC)


def is_kept(moment: datetime) -> bool:
    """Tell whether every database keeps a time with a zone."""
    try:
        return FIRST < moment.astimezone(UTC) < LAST
    except OverflowError:
        return False
