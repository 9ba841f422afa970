"""What time it is for all runners: hosts may disagree, so the database says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

from core.db.engine import engine


class Clock:
    """PostgreSQL's clock; between two looks it goes on with what no host can set or let jump.

    SQLite is on this very host, and so are all who write into it: there it is the host's clock.
    """

    def __init__(self) -> None:
        self._there: datetime | None = None
        self._looked = 0.0

    async def set(self) -> None:
        """Look at the database's clock; what the answer takes is small beside a lease."""
        if engine().engine_type == "postgres":
            ((self._there,),) = await engine().fetch("SELECT clock_timestamp()")
            self._looked = monotonic()

    async def begin(self) -> None:
        """Look at it, unless that was done before."""
        if self._there is None:
            await self.set()

    def now(self) -> datetime:
        """Return the time."""
        if self._there is None:
            return datetime.now(UTC)
        return self._there + timedelta(seconds=monotonic() - self._looked)
