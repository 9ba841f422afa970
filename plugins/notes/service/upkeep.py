"""What is done while nobody asks: empty the trash, thin revisions out, forget tombstones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core import NotFound, PreconditionFailed, transaction

from ..queries import changes as change_queries
from ..queries import notes as note_queries
from ..queries import upkeep as queries
from ..queries.upkeep import Old
from ..settings import NotesSettings
from . import notes

PORTION = 1000
DAY = timedelta(days=1)


async def empty_trash(settings: NotesSettings, now: datetime | None = None) -> None:
    """Delete for good what has been in the trash for the settings' days."""
    before = (now or datetime.now(UTC)) - settings.trash_days * DAY
    while ripe := await note_queries.ripe(before, PORTION):
        for note in ripe:
            try:
                await notes.purge(note, None)
            except (NotFound, PreconditionFailed):  # restored or deleted at this moment
                continue


async def thin_out(settings: NotesSettings, now: datetime | None = None) -> None:
    """Keep all revisions of a day, then the last of each hour, then the last of each day.

    The first and the newest of a note always stay. So a change that began from a version whose
    revision is gone finds an older one that both sides come from, and is merged from that.
    """
    now = now or datetime.now(UTC)
    thinning = Thinning(now - settings.hourly_days * DAY)
    place = (0, 0)
    while portion := await queries.old_revisions(now - DAY, *place, PORTION):
        place = (portion[-1].note, portion[-1].version)
        doomed = [id for old in portion if (id := thinning.follow(old)) is not None]
        if doomed:
            await queries.delete_revisions(*doomed, count=len(doomed))


class Thinning:
    """Goes along revisions, in the order of notes and versions, and says which are too many."""

    def __init__(self, hourly_until: datetime) -> None:
        self._hourly_until = hourly_until
        self._before: Old | None = None
        self._is_first = True

    def follow(self, old: Old) -> int | None:
        """Take the next revision; return the id of the one before if that is one too many."""
        before, self._before = self._before, old
        if before is None or before.note != old.note:
            self._is_first = True
            return None
        was_first, self._is_first = self._is_first, False
        if was_first or self._span(before) != self._span(old):
            return None
        return before.id

    def _span(self, old: Old) -> tuple[int, ...]:
        moment = old.created_at.astimezone(UTC)
        day = (moment.year, moment.month, moment.day)
        return day if moment < self._hourly_until else (*day, moment.hour)


async def forget(settings: NotesSettings, now: datetime | None = None) -> None:
    """Forget tombstones, and which changes were applied, after the settings' days."""
    before = (now or datetime.now(UTC)) - settings.tombstone_days * DAY
    async with transaction():
        await change_queries.forget_purged(before)
        await change_queries.forget(before)
        await queries.forget_applied(before)
