"""Counts requests, and refuses those over a limit."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sanic import Request

from core import redis
from core.auth.authenticators.attempts import network
from core.auth.authorization.identity import CurrentUser
from core.errors import TooManyRequests
from core.metrics.registry import counter
from core.web.address import address_of
from core.web.limits.rules import SAFE, Classes, Rule
from core.web.limits.shared import SharedStorage

if TYPE_CHECKING:
    from core.redis_client import Redis
    from core.web.limits.everywhere import Everywhere

limited = counter("limited", "Requests that came too often: answered 429, by the limit.")
network_of = lru_cache(maxsize=4096)(network)


class Limiter:
    """Counts by user, or by address where nobody is signed in; for all workers of this machine.

    With Redis, for all machines too: it is asked about, or told, what this machine would allow, so
    that the limits of this machine hold when it does not answer.
    """

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._here: SharedStorage | None = None
        self._everywhere: Everywhere | None = None

    def open(self, folder: Path) -> None:
        """Begin to count. Each worker calls this by itself: the lock is that of a process."""
        self._here = SharedStorage(folder)

    def close(self) -> None:
        """Stop counting."""
        if self._here is not None:
            self._here.close()
            self._here = None

    async def admit(
        self, request: Request, user: CurrentUser | None, own: Rule | None = None
    ) -> None:
        """Count a request under its class, and under the limit of its route, ``own``.

        Raises TooManyRequests.
        """
        classes = self._classes
        if user is None:
            general, who = classes.anonymous, network_of(address_of(request))
        else:
            general = classes.read if request.method in SAFE else classes.write
            who = f"user {user.id}"
        if general is not None:
            await self._count(general, who)
        if own is not None:
            await self._count(own, who)

    async def _count(self, rule: Rule, who: str) -> None:
        if wait := self.take_here(rule, who) or await self.take_everywhere(rule, who):
            limited.add(limit=rule.name)
            raise refusal(rule, wait)

    def take_here(self, rule: Rule, who: str) -> float:
        """Count for this machine if that is allowed: 0. Else return the seconds to wait."""
        if self._here is None:
            return 0.0
        return self._here.take(rule.prefix + who, rule.amount, rule.period)

    async def take_everywhere(self, rule: Rule, who: str) -> float:
        """Count what this machine has allowed for all machines, where they share a Redis."""
        used = redis.current()
        if self._here is None or used is None:
            return 0.0
        return await self._counting_in(used).take(rule, rule.prefix + who)

    def _counting_in(self, redis: Redis) -> Everywhere:
        if self._everywhere is None or self._everywhere.redis is not redis:
            from core.web.limits.everywhere import Everywhere

            self._everywhere = Everywhere(redis)
        return self._everywhere

    def forget(self) -> None:
        """Forget what was counted on this machine."""
        if self._here is not None:
            self._here.reset()


def refusal(rule: Rule, wait: float) -> TooManyRequests:
    """Return the problem for a request too many, with the fields that say when to come again.

    RFC 9110, 10.2.3, and draft-ietf-httpapi-ratelimit-headers-10.
    """
    seconds = math.ceil(wait)
    return TooManyRequests(
        f"That is too often: {rule} are allowed. Try again in {seconds} s.",
        headers={
            "retry-after": str(seconds),
            "ratelimit-policy": f'"{rule.name}";q={rule.amount};w={rule.period}',
            "ratelimit": f'"{rule.name}";r=0;t={seconds}',
        },
    )
