"""Counters that all machines share, in Redis."""

from __future__ import annotations

from limits.aio.storage import RedisStorage

from core.redis import Away
from core.redis_client import Redis
from core.web.limits.rules import Rule
from core.web.limits.telling import Telling
from core.web.limits.window import wait_of

PREFIX = "tenfold:limits"
FEW = 100
"""Requests: of a limit of so many, or fewer, each one is asked about."""


class Everywhere:
    """Counts in Redis what the counters of this machine would allow.

    Of a large limit nobody waits for Redis: see ``Telling``.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        pool = {"connection_pool": redis.client.connection_pool}
        self._storage = RedisStorage(
            f"async+{redis.url}",
            implementation="redispy",
            key_prefix=PREFIX,
            **pool,  # type: ignore[arg-type]
        )
        self._telling = Telling(redis, f"{PREFIX}:told")

    async def take(self, rule: Rule, key: str) -> float:
        """Count one request: 0. Else return the seconds to wait. 0 too while Redis is away."""
        if rule.amount > FEW:
            return self._telling.take(rule, key)
        try:
            return await self.redis.run(lambda _: self._take(rule, key))
        except Away:
            return 0.0

    async def _take(self, rule: Rule, key: str) -> float:
        storage, period = self._storage, rule.period
        if await storage.acquire_sliding_window_entry(key, rule.amount, period):
            return 0.0
        previous, _, current, left = await storage.get_sliding_window(key, period)
        passed = min(max(2 - left / period, 0.0), 1.0)  # it keeps a window for two periods
        return max(wait_of(previous, current, passed, rule.amount, period), 0.001)
