"""What Redis adds to a cache, and what it may not take from it."""

from __future__ import annotations

import time

from core.cache import Cache, worker
from core.cache.kept import Kept
from core.cache.shared import Shared
from core.cache.worker import caching
from core.settings import CoreSettings
from tests.core.caches import Thing, core, found, named
from tests.core.redis_server import RedisServer, redis_server
from tests.patience import PATIENCE

__all__ = ["core", "redis_server"]


async def test_redis_serves_a_worker_that_begins(core: CoreSettings) -> None:
    if core.cache == "memory://":
        return
    cache = Cache(named(), Thing)
    async with caching(core):
        await cache.remember("a", found(Thing("tea")))
        await cache.remember("b", found(None))
    async with caching(core):
        assert await cache.remember("a", found(Thing("cake"))) == Thing("tea")
        assert await cache.remember("b", found(Thing("cake"))) is None


async def test_what_redis_missed_while_it_was_stopped_is_void(
    core: CoreSettings, redis_server: RedisServer
) -> None:
    if core.cache == "memory://":
        return
    cache = Cache(named())
    async with caching(core):
        await cache.remember("a", found(b"old"))
        redis_server.freeze()
        await cache.delete("a")
        assert await cache.remember("a", found(b"new")) == b"new"
        redis_server.thaw()
    async with caching(core):
        assert await cache.remember("a", found(b"new")) == b"new"


async def test_an_emptied_redis_and_rubbish_in_it_are_survived(core: CoreSettings) -> None:
    if core.cache == "memory://":
        return
    cache = Cache(named(), Thing)
    async with caching(core) as opened:
        await cache.remember("a", found(Thing("tea")))
        assert opened.shared is not None
        client = opened.shared._redis.client
        (key,) = [each async for each in client.scan_iter(f"*{cache.namespace}:a")]
        await client.set(key, opened.changes.moment.to_bytes(4, "big") + b"\x80\x04.")
        worker.forget_all()
        assert await cache.remember("a", found(Thing("cake"))) == Thing("cake")
        await client.set(key, Kept(opened.changes.moment, time.time() + 9, b"{no json").encoded())
        worker.forget_all()
        assert await cache.remember("a", found(Thing("milk"))) == Thing("milk")
        await client.delete(key)
        worker.forget_all()
        assert await cache.remember("a", found(Thing("water"))) == Thing("water")


async def test_two_installations_on_one_redis_do_not_meet(redis_server: RedisServer) -> None:
    from core.redis_client import Redis

    redis = Redis(redis_server.url, patience=PATIENCE)
    one, two = Shared(redis, "tenfold:1"), Shared(redis, "tenfold:2")
    await one.put("a", Kept(1, time.time() + 9, b"tea"))
    assert await one.get("a") is not None
    assert await two.get("a") is None
    await redis.close()
