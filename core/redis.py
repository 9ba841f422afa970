"""Redis, where it is configured. What speaks to it is loaded only then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from core.settings import CoreSettings

if TYPE_CHECKING:
    from core.redis_client import Redis


class Away(Exception):
    """Redis does not answer, or did not a moment ago. Do without it."""


_redis: Redis | None = None


def current() -> Redis | None:
    """Return Redis as this worker uses it, None where it is not configured."""
    return _redis


@asynccontextmanager
async def connected(core: CoreSettings) -> AsyncIterator[Redis | None]:
    """Use the Redis server that the settings name, if they do, while the block runs."""
    global _redis
    before = _redis
    _redis = _client(core.cache) if core.cache != "memory://" else None
    try:
        yield _redis
    finally:
        if _redis is not None:
            await _redis.close()
        _redis = before


def _client(url: str) -> Redis:
    from core.redis_client import Redis

    return Redis(url)
