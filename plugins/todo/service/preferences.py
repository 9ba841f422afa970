"""Where somebody lives: their zone decides what today is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from piccolo.querystring import QueryString

from core import IfMatch, compiled, compiled_one, locked, stale, transaction

from ..due import zone
from ..schemas_more import PreferencesChange, PreferencesOut
from ..tables import Preference
from . import reminders
from .parts import changes_of, is_so

USUAL = PreferencesOut("UTC", "09:00", 0)


@compiled_one(PreferencesOut)
def _find(user: int) -> Any:
    return Preference.select(Preference.tz, Preference.morning, Preference.version).where(
        Preference.person == user
    )


@compiled(int)
def _begin(user: int, now: datetime) -> Any:
    return QueryString(
        'INSERT INTO "todo_preference" ("person", "tz", "morning", "updated_at", "version")'
        " VALUES ({}, {}, {}, {}, {}) ON CONFLICT DO NOTHING RETURNING id",
        *(user, USUAL.tz, USUAL.morning, now, USUAL.version),
    )


async def read(user: int) -> PreferencesOut:
    """Return somebody's preferences; the usual ones until they have any."""
    return await _find(user) or USUAL


async def zone_of(user: int) -> str:
    """Return the name of somebody's time zone."""
    return (await read(user)).tz


async def change(user: int, body: PreferencesChange, at: IfMatch) -> PreferencesOut:
    """Change somebody's preferences; their reminders move along. Raises NoSuchZone."""
    new, now = changes_of(body), datetime.now(UTC)
    if "tz" in new:
        zone(new["tz"])
    async with transaction():
        await _begin(user, now)
        (row,) = await locked(Preference.objects().where(Preference.person == user))
        if at and row.version not in at:
            raise stale(await read(user), "set of preferences")
        if is_so(row, new):
            return await read(user)
        tz, morning = new.get("tz", row.tz), new.get("morning", row.morning)
        await Preference.update(
            {
                Preference.tz: tz,
                Preference.morning: morning,
                Preference.updated_at: now,
                Preference.version: row.version + 1,
            }
        ).where(Preference.person == user)
        await reminders.reckon_for(user)
        return await read(user)
