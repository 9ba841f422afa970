"""What all workers keep together in Redis: aiocache on our guarded connection, bytes only.

Nothing here is trusted further than a cache may be: Redis can be away, emptied, or hold values that
have changed while it was not reachable. Each value says when it was loaded and when it ends.
"""

from __future__ import annotations

import time
from functools import partial

from aiocache import RedisCache  # type: ignore[import-untyped]
from aiocache.serializers import NullSerializer  # type: ignore[import-untyped]
from redis.asyncio import Redis as Client

from core.cache.kept import Kept, decoded
from core.redis import Away
from core.redis_client import Redis

LARGEST = 1_000_000


class Shared:
    """The values in Redis. ``prefix`` keeps those of two installations apart."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._cache = RedisCache(
            serializer=NullSerializer(encoding=None), namespace=prefix, timeout=None
        )
        self._cache.client = redis.client

    async def get(self, key: str) -> Kept | None:
        """Return what is kept under ``key``, None also while Redis is away."""
        try:
            raw = await self._redis.run(partial(self._read, key))
        except Away:
            return None
        return decoded(raw) if raw is not None else None

    async def put(self, key: str, kept: Kept) -> None:
        """Keep a value, unless Redis is away or the value is huge."""
        seconds = kept.ends - time.time()
        if seconds < 0.001 or len(kept.payload or b"") > LARGEST:
            return
        try:
            await self._redis.run(partial(self._write, key, kept.encoded(), seconds))
        except Away:
            return

    async def _read(self, key: str, _: Client) -> bytes | None:
        found: bytes | None = await self._cache.get(key)
        return found

    async def _write(self, key: str, value: bytes, seconds: float, _: Client) -> None:
        await self._cache.set(key, value, ttl=float(seconds))
