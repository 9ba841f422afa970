"""Tokens that are dead before their time, known to every worker within a second.

Whoever ends a session or changes what a user may do writes a row; each worker reads the new rows
once a second, so that an ordinary request asks no database about it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from core.auth.tables import Revocation

EVERYTHING = 0
"""In place of a session: all sessions of the user."""

NOBODY = 0
"""In place of a user: what a role holds has changed; no token is dead."""


OVERLAP = 200
"""How many ids are read again: a row may become visible after one with a higher id."""


class Revocations:
    """What one worker knows of dead tokens. ``seconds``: how long an access token lives."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._last = 0
        self._read: set[int] = set()
        self._sessions: dict[int, float] = {}
        self._users: dict[int, float] = {}

    def allows(self, user: int, session: int, issued: float) -> bool:
        """Tell whether a token of a session, issued at that time, is still alive."""
        return session not in self._sessions and issued > self._users.get(user, 0.0)

    async def read_new(self) -> bool:
        """Read what was revoked since the last time; True if there was anything."""
        rows = (
            await Revocation.select(
                Revocation.id, Revocation.user, Revocation.session, Revocation.at
            )
            .where(Revocation.id > self._last - OVERLAP)
            .order_by(Revocation.id)
        )
        new = [row for row in rows if row["id"] not in self._read]
        for row in new:
            self._add(row["user"], row["session"], row["at"].timestamp())
        self._read = {row["id"] for row in rows}
        self._last = max(self._read, default=self._last)
        return bool(new)

    def _add(self, user: int, session: int, at: float) -> None:
        if session == EVERYTHING:
            self._users[user] = at
        else:
            self._sessions[session] = at
        if len(self._sessions) + len(self._users) > 10_000:
            self._forget(time.time() - self._seconds - 60)

    def _forget(self, before: float) -> None:
        self._sessions = {key: at for key, at in self._sessions.items() if at > before}
        self._users = {key: at for key, at in self._users.items() if at > before}


async def revoke(user: int, session: int = EVERYTHING) -> None:
    """Kill the access tokens of a session, or all that a user has now."""
    await Revocation.insert(Revocation(user=user, session=session, at=datetime.now(UTC)))


async def forget_old(seconds: int) -> None:
    """Delete what concerns only tokens that have expired by themselves."""
    before = datetime.now(UTC) - timedelta(seconds=seconds + 3600)
    await Revocation.delete().where(Revocation.at < before)
