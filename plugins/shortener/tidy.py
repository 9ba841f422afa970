"""What is deleted once it is old."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core import Task

from .reports.blocking import Marking
from .settings import ShortenerSettings
from .tables import RetiredCode, Salt, Visit, VisitWriter

DAY = 86_400
DOUBT = 7 * DAY
"""Seconds after which no worker still tries to write a batch that it has begun before."""

PORTION = 5000


def tasks(settings: ShortenerSettings) -> Sequence[Task]:
    """Return the tasks of this plugin."""
    marking = Marking(settings.blocklist)

    async def tidied() -> None:
        await tidy(settings.visit_days)
        await marking.mark()

    return [
        Task(name="shortener.tidy", run=tidied, every="1h"),
        Task(name="shortener.blocklist", run=marking.mark_changes, every="1m"),
    ]


async def tidy(visit_days: int) -> None:
    """Delete old visits, yesterday's salt, workers of old, and codes that rested long enough."""
    now = datetime.now(UTC)
    await Salt.delete().where(Salt.day < (now - timedelta(hours=1)).date())
    await RetiredCode.delete().where(RetiredCode.until < now)
    await VisitWriter.delete().where(VisitWriter.at < int(time.time()) - DOUBT)
    before = int(time.time()) - visit_days * DAY
    while await _delete_some(before):
        pass


async def _delete_some(before: int) -> int:
    """Delete a portion, so that nobody waits long for their turn to write.

    Visits come nearly in the order of time: the old ones are among those with the least ids.
    """
    rows = await Visit.select(Visit.id, Visit.at).order_by(Visit.id).limit(PORTION)
    ids = [row["id"] for row in rows if row["at"] < before]
    if ids:
        await Visit.delete().where(Visit.id >= min(ids), Visit.id <= max(ids), Visit.at < before)
    return len(ids)
