"""Who is at a note right now, told to those who follow it and kept nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from core import User, compiled_one, publish

from .parts import seen

LASTS = timedelta(seconds=30)


class NotePresence(msgspec.Struct, frozen=True):
    """Somebody is at a note until ``expires_at``, unless they say so again."""

    kind: str
    note: int
    user: int
    name: str
    editing: bool
    expires_at: datetime


@compiled_one(str)
def _name(user: int) -> object:
    return User.select(User.username).where(User.id == user)


async def tell(user: int, note: int, *, editing: bool) -> NotePresence:
    """Tell those who follow a note that ``user`` reads or edits it. Raises NotFound."""
    await seen(user, note)
    until = datetime.now(UTC) + LASTS
    presence = NotePresence("presence", note, user, await _name(user) or "", editing, until)
    await publish(f"notes.note:{note}", presence)
    return presence
