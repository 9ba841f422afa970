"""The connections of one worker: who they belong to, how many, and when each has to end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from core import redis
from core.auth.sessions.standing import Standing, renewed
from core.errors import TooManyRequests, Unauthorized
from core.metrics.registry import counter
from core.realtime.settings import RealtimeSettings
from core.web.limits.limiter import Limiter
from core.web.limits.rules import Rule, rule_of

if TYPE_CHECKING:
    from core.auth.tokens.access import Tokens

DROPPED = counter("realtime_dropped", "Connections that were ended because they read too slowly.")


class Connection(Protocol):
    """A WebSocket or a stream of events, from somebody who was let in."""

    standing: Standing

    def end(self, code: int, reason: str) -> None:
        """End it, and say why."""

    def stopping(self) -> None:
        """Say that the server stops, and end it."""

    def look(self, now: float, heartbeat: float) -> None:
        """Give and expect signs of life. ``now``: seconds of the event loop's clock."""

    def rights_changed(self) -> None:
        """Ask for each channel whether it may still be followed."""


class Connections:
    """Looks after the connections of this worker."""

    def __init__(self, tokens: Tokens, settings: RealtimeSettings, limiter: Limiter) -> None:
        self.settings = settings
        self._tokens, self._revision = tokens, tokens.revision
        self._limiter = limiter
        self._rule = rule_of("realtime.messages", f"{settings.burst} per 10 seconds")
        self._asking: set[asyncio.Task[None]] = set()
        self._open: set[Connection] = set()
        self._by_user: Counter[int] = Counter()
        self._stopping = False

    def __len__(self) -> int:
        return len(self._open)

    def require_room(self, standing: Standing) -> None:
        """Raise TooManyRequests when a user has as many connections as allowed."""
        if self._by_user[standing.user.id] >= self.settings.connections:
            raise TooManyRequests(
                f"You have {self.settings.connections} connections. Close one first.",
                headers={"retry-after": "10"},
            )
        if not self._tokens.allows(standing.user, standing.issued) and not standing.user.key:
            raise Unauthorized("This device was signed out. Sign in again.")

    def add(self, connection: Connection) -> None:
        """Take a connection in."""
        self._open.add(connection)
        self._by_user[connection.standing.user.id] += 1
        if self._stopping:
            connection.stopping()

    def remove(self, connection: Connection) -> None:
        """Forget a connection that has ended."""
        if connection in self._open:
            self._open.remove(connection)
            user = connection.standing.user.id
            self._by_user[user] -= 1
            if not self._by_user[user]:
                del self._by_user[user]

    def counts(self, user: int, refuse: Callable[[], None]) -> bool:
        """Count a message from ``user``; False when it is one too many for this machine.

        ``refuse`` is called a little later when it is one too many for all machines together.
        """
        if self._rule is None:
            return True
        if self._limiter.take_here(self._rule, f"user {user}"):
            return False
        if redis.current() is not None:
            task = asyncio.create_task(self._count_everywhere(self._rule, user, refuse))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return True

    async def _count_everywhere(self, rule: Rule, user: int, refuse: Callable[[], None]) -> None:
        if await self._limiter.take_everywhere(rule, f"user {user}"):
            refuse()

    async def watch_rights(self) -> None:
        """End the connections of those who were signed out, when something was revoked."""
        revision = self._tokens.revision
        if revision == self._revision:
            return
        for connection in list(self._open):
            now = await renewed(self._tokens, connection.standing)
            if now is None:
                connection.end(4401, "signed out")
            elif now.user.permissions != connection.standing.user.permissions:
                connection.standing = now
                connection.rights_changed()
        self._revision = revision

    async def look(self) -> None:
        """End what has expired or is dead, and give signs of life."""
        now, clock = time.time(), asyncio.get_running_loop().time()
        for connection in list(self._open):
            if connection.standing.expires <= now:
                connection.end(4401, "the access token has expired")
            else:
                connection.look(clock, self.settings.heartbeat)

    def stop(self) -> None:
        """Say good-bye to everybody."""
        self._stopping = True
        for connection in list(self._open):
            connection.stopping()
