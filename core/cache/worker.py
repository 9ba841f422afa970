"""The caches of one worker while it runs: what follows the changes, and the way to Redis."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.auth.tokens.secret import derived, secret_of
from core.cache.changes import Changes, forget_old
from core.redis import connected
from core.repeating import repeating
from core.settings import CoreSettings

if TYPE_CHECKING:
    from core.cache.namespace import Cache
    from core.cache.shared import Shared
    from core.redis_client import Redis

FOLLOW = 0.4
"""Seconds between two looks at what others have changed."""


@dataclass
class Worker:
    """What the caches of this process share."""

    shared: Shared | None = None
    changes: Changes = field(default_factory=Changes)

    async def follow(self) -> None:
        """Drop what has changed anywhere since the last time. One that rests drops nothing."""
        changed = await self.changes.read_new()
        for key in changed if _worker is self else ():
            namespace, _, name = key.partition(":")
            for cache in list(_caches):
                if cache.namespace == namespace:
                    cache.drop(name)


_caches: weakref.WeakSet[Cache[Any]] = weakref.WeakSet()
_worker: Worker | None = None


def join(cache: Cache[Any]) -> None:
    """Let ``cache`` hear of changes."""
    _caches.add(cache)


def current() -> Worker | None:
    """Return what the caches share, None while no worker runs: then nothing may be kept."""
    return _worker


def forget_all() -> None:
    """Let every cache of this process forget what it holds in memory."""
    for cache in list(_caches):
        cache.clear()


@asynccontextmanager
async def caching(core: CoreSettings) -> AsyncIterator[Worker]:
    """Let the caches keep values while the block runs; those of another worker here rest."""
    global _worker
    before = _worker
    async with connected(core) as redis:
        worker = Worker(_shared(core, redis) if redis is not None else None)
        await worker.changes.read_new()
        forget_all()
        _worker = worker
        try:
            async with repeating(FOLLOW, worker.follow), repeating(600, forget_old):
                yield worker
        finally:
            forget_all()
            _worker = before


def _shared(core: CoreSettings, redis: Redis) -> Shared:
    from core.cache.shared import Shared

    return Shared(redis, f"tenfold:{derived(secret_of(core), 'cache').hex()[:12]}")
