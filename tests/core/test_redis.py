"""Redis is asked with little patience, left alone while it is ill, and found again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from core import redis_client
from core.reading import Source, read_table
from core.redis import Away, connected, current
from core.redis_client import LONGEST_PAUSE, Redis
from core.settings import CoreSettings, masked
from tests.core.redis_server import RedisServer, redis_server
from tests.patience import PATIENCE, within

__all__ = ["redis_server"]

SOON = 2.0


@pytest.fixture
async def patient(redis_server: RedisServer) -> AsyncIterator[Redis]:
    """Return a way to Redis that a busy machine does not take for an ill server."""
    opened = Redis(redis_server.url, patience=PATIENCE)
    yield opened
    await opened.close()


async def ping(redis: Redis) -> None:
    """Ask once, whatever comes of it."""
    with suppress(Away):
        await redis.run(lambda client: client.ping())


async def until_back(redis: Redis, seconds: float = PATIENCE) -> None:
    async with within(seconds):
        while redis.is_away:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_it_answers(patient: Redis) -> None:
    await patient.run(lambda client: client.set("tea", b"hot"))
    assert await patient.run(lambda client: client.get("tea")) == b"hot"


async def test_a_frozen_redis_costs_one_wait_and_then_nothing(
    patient: Redis, redis_server: RedisServer
) -> None:
    await ping(patient)
    redis_server.freeze()
    patient._patience = SOON
    async with within(5 * SOON):  # they wait together
        await asyncio.gather(*(ping(patient) for _ in range(20)))
    assert patient.is_away
    began = time.process_time()
    for _ in range(200):
        await ping(patient)
    assert time.process_time() - began < 0.1
    patient._patience = PATIENCE
    redis_server.thaw()
    await until_back(patient)
    assert await patient.run(lambda client: client.ping())


def test_nobody_waits_for_long() -> None:
    assert redis_client.PATIENCE <= 0.05


async def test_a_redis_that_is_gone_is_found_when_it_is_back(
    patient: Redis, redis_server: RedisServer
) -> None:
    await ping(patient)
    redis_server.kill()
    await ping(patient)
    assert patient.is_away
    redis_server.start()
    await until_back(patient, 2 * LONGEST_PAUSE)
    assert await patient.run(lambda client: client.ping())


async def test_a_command_that_redis_refuses_is_no_5xx_either(patient: Redis) -> None:
    await patient.run(lambda client: client.set("tea", b"hot"))
    with pytest.raises(Away):
        await patient.run(lambda client: client.lpush("tea", "x"))
    await until_back(patient)


async def test_when_it_was_closed_nobody_asks_or_looks_for_it(patient: Redis) -> None:
    assert await patient.run(lambda client: client.ping())
    await patient.close()
    with pytest.raises(Away):
        await patient.run(lambda client: client.ping())
    assert not patient.is_away


async def test_it_is_there_while_a_worker_runs_where_it_is_configured(
    redis_server: RedisServer,
) -> None:
    before = current()
    async with connected(CoreSettings(cache=redis_server.url)) as opened:
        assert current() is opened is not None
    async with connected(CoreSettings()):
        assert current() is None
    assert current() is before


@pytest.mark.parametrize(
    "url", ["redis", "http://x", "redis://", "redis://a b", "redis://x/y", "memory://x", ""]
)
def test_an_odd_address_of_the_cache_is_refused(url: str) -> None:
    reading = read_table(CoreSettings, Source("core", {"cache": url}, {}, {}))
    assert reading.values is None
    assert "core.cache" in reading.problems[0]


@pytest.mark.parametrize("url", ["memory://", "redis://:pw@h:1/2", "rediss://h", "redis://[::1]:1"])
def test_addresses_of_caches(url: str) -> None:
    reading = read_table(CoreSettings, Source("core", {"cache": url}, {}, {}))
    assert reading.values is not None
    assert "pw" not in masked(url)
