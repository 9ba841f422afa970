"""How often somebody may try to sign in to the admin."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from time import monotonic

from piccolo_api.rate_limiting.middleware import RateLimitError, RateLimitProvider

REMEMBERED = 10_000


class LoginAttempts(RateLimitProvider):
    """Allows ``limit`` attempts from one address in any ``seconds``; it heals by waiting.

    Each worker process counts by itself. An IPv6 network of 64 bits counts as one address.
    """

    def __init__(
        self, limit: int = 10, seconds: float = 300, clock: Callable[[], float] = monotonic
    ) -> None:
        self._limit, self._seconds, self._clock = limit, seconds, clock
        self._attempts: dict[str, deque[float]] = {}

    def increment(self, identifier: str) -> None:
        """Count an attempt. Raises RateLimitError, without counting, when there were too many."""
        now = self._clock()
        address = _network(identifier)
        recent = self._attempts.pop(address, deque())
        while recent and recent[0] <= now - self._seconds:
            recent.popleft()
        self._attempts[address] = recent
        if len(recent) >= self._limit:
            raise RateLimitError
        recent.append(now)
        self._forget(now)

    def _forget(self, now: float) -> None:
        """Drop who has not tried for long, and when too many are known, who tried first."""
        while self._attempts:
            address, recent = next(iter(self._attempts.items()))
            if recent[-1] > now - self._seconds and len(self._attempts) <= REMEMBERED:
                return
            del self._attempts[address]


def _network(identifier: str) -> str:
    try:
        address = ip_address(identifier)
    except ValueError:
        return identifier
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return identifier
