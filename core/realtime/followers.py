"""What follows channels, where messages come from, and who waits to be let in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

from core.auth.authorization.identity import CurrentUser
from core.realtime.sealed import Sealed
from core.realtime.store import Message


class Feed(Protocol):
    """Where messages come from. Ids go up, and none becomes visible after a higher one."""

    async def latest(self) -> int:
        """Return the id of the newest message."""

    async def missed(
        self, since: Mapping[str, int], until: int, limit: int
    ) -> list[Message] | None:
        """Return what channels got after an id, up to ``until``; None when that cannot be told."""

    async def reaches(self, since: int) -> bool:
        """Tell whether everything after ``since`` is still there."""

    def follow(self, after: int) -> AsyncGenerator[Sequence[Message], None]:
        """Yield messages as they come. Raises when they cannot be read."""


class Follower(Protocol):
    """Something that follows channels."""

    @property
    def user(self) -> CurrentUser | None:
        """Who reads it; None: the server itself."""

    def deliver(self, sealed: Sealed) -> None:
        """Take messages of one channel."""

    def missed(self, channels: Sequence[str]) -> None:
        """Learn that something on these channels may have been missed."""

    def excluded(self, channel: str) -> None:
        """Learn that a channel may not be followed any more."""


class Waiting:
    """Stands in for a follower until it is certain that it may follow, and what it has missed."""

    def __init__(self, follower: Follower, until: int) -> None:
        self.user, self._follower, self.until = follower.user, follower, until
        self._kept: list[Sealed] = []
        self._missed: list[str] = []
        self.excluded = follower.excluded

    def deliver(self, sealed: Sealed) -> None:
        """Keep messages for later."""
        self._kept.append(sealed)

    def missed(self, channels: Sequence[str]) -> None:
        """Keep it for later."""
        self._missed += channels

    def pass_on(self, channels: set[str], told: Mapping[str, int]) -> None:
        """Let the follower have what came on these channels meanwhile, what it missed first.

        ``told``: up to which id it has been told already, by channel.
        """
        if missed := [each for each in self._missed if each in channels]:
            self._follower.missed(missed)
        for sealed in self._kept:
            after = told.get(sealed.channel, 0)
            new = [each for each in sealed.messages if each.id > after]
            if new and sealed.channel in channels:
                self._follower.deliver(Sealed(new))
