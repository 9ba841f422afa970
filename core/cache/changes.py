"""Which cached things have changed, told through the database, in the transaction of the change.

Each worker reads the new rows several times a second and drops what they name. A value is only
kept if nothing that it was made from can have changed since: whoever loads one asks for
``moment`` first, and the value carries it, in memory and in Redis. A change at that moment or
later makes it void, no matter in which order loading, changing, committing and storing happened,
nor what Redis missed.

A moment is a number that the database counts: on PostgreSQL the oldest transaction that is still
open, on SQLite, where commits come one after the other, the number of the next change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core.db.engine import engine
from core.tables import CacheChange

LONGEST = 3600.0
"""Seconds that a value may be cached anywhere."""

REMEMBERED = 20_000
LONGEST_KEY = 250

READ = {
    "sqlite": (
        'SELECT "key", c."id", (SELECT coalesce(max("id"), 0) + 1 FROM "core_cache_change") '
        'FROM (SELECT 1) LEFT JOIN "core_cache_change" c ON c."id" >= ? ORDER BY c."id"'
    ),
    "postgres": (
        'SELECT "key", "moment", pg_snapshot_xmin(pg_current_snapshot())::text::bigint '
        'FROM (SELECT 1) one LEFT JOIN "core_cache_change" ON "moment" >= $1 ORDER BY "moment"'
    ),
}
WRITE = {
    "sqlite": ('INSERT INTO "core_cache_change" ("key", "moment", "at") VALUES ', "(?, 0, ?)"),
    "postgres": (
        'INSERT INTO "core_cache_change" ("key", "moment", "at") VALUES ',
        "(${}, pg_current_xact_id()::text::bigint, ${})",
    ),
}
AT_ONCE = 200


class Changes:
    """What one worker knows of the changes."""

    def __init__(self) -> None:
        self.moment = 0
        self._changed: dict[str, int] = {}
        self._floor = -1

    def void(self, key: str, moment: int) -> bool:
        """Tell whether a value loaded at ``moment`` may be older than a change of ``key``."""
        return moment <= max(self._changed.get(key, -1), self._floor)

    async def read_new(self) -> list[str]:
        """Read what has changed since the last time and return the keys."""
        here = engine()
        rows = await here.fetch(READ[here.engine_type], (self.moment,))
        new = [(key, moment) for key, moment, _ in rows if key is not None]
        fresh = [key for key, moment in new if moment > self._changed.get(key, -1)]
        for key, moment in new:
            self._note(key, moment)
        self.moment = max(self.moment, rows[0][2])
        return fresh

    def _note(self, key: str, moment: int) -> None:
        self._changed.pop(key, None)
        self._changed[key] = moment
        if len(self._changed) > REMEMBERED:
            oldest = next(iter(self._changed))
            self._floor = max(self._floor, self._changed.pop(oldest))


async def tell(keys: Sequence[str]) -> None:
    """Write down that what is cached under ``keys`` has changed."""
    if any(len(key) > LONGEST_KEY for key in keys):
        raise ValueError(f"A key of a cache may have {LONGEST_KEY} characters with its namespace.")
    here, now = engine(), datetime.now(UTC)
    begin, row = WRITE[here.engine_type]
    for first in range(0, len(keys), AT_ONCE):
        some = keys[first : first + AT_ONCE]
        rows = ", ".join(row.format(2 * n + 1, 2 * n + 2) for n in range(len(some)))
        await here.fetch(begin + rows, [each for key in some for each in (key, now)])


async def forget_old() -> None:
    """Delete what concerns only values that have expired everywhere."""
    before = datetime.now(UTC) - timedelta(seconds=LONGEST + 600)
    await CacheChange.delete().where(CacheChange.at < before)
