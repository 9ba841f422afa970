"""Limits of several machines, counted in Redis; and what holds while it is away."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sanic.compat import Header

from core import redis
from core.auth.authorization.identity import CurrentUser
from core.errors import TooManyRequests
from core.redis_client import Redis
from core.settings import CoreSettings
from core.web.limits import telling
from core.web.limits.limiter import Limiter
from core.web.limits.rules import Classes, rule_of
from core.web.request import Request
from tests.core.redis_server import RedisServer, redis_server
from tests.patience import PATIENCE

__all__ = ["redis_server"]

NOWHERE = "redis://127.0.0.1:1"
MOST, LARGE = 5, 200

pytestmark = pytest.mark.usefixtures("clock_stands_still")


def classes(most: int) -> Classes:
    """Return limits that nobody else counts under."""
    rule = rule_of(f"test-{secrets.token_hex(8)}", f"{most}/hour")
    return Classes(read=rule, write=rule, anonymous=rule)


def request() -> Any:
    head = b"GET / HTTP/1.1\r\nhost: x"
    return Request(b"/", Header({"host": "x"}), "1.1", "GET", None, None, head)


ADA = CurrentUser(1, 1, frozenset(), frozenset())


async def admitted(limiter: Limiter, times: int) -> list[bool]:
    """Ask so often as one user."""
    found = []
    for _ in range(times):
        try:
            await limiter.admit(request(), ADA)
        except TooManyRequests as refused:
            found.append(not 0 < int(refused.headers["retry-after"]) <= 7200)
        else:
            found.append(True)
    return found


@pytest.fixture
async def two_machines(
    tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[list[Limiter]]:
    """Return the limiters of two machines with the same limits: ``MOST``, or the parameter."""
    same, made = classes(getattr(request, "param", MOST)), []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        limiter = Limiter(same)
        limiter.open(tmp_path / name)
        made.append(limiter)
    yield made
    for limiter in made:
        limiter.close()


async def test_two_machines_count_together(
    two_machines: list[Limiter], redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.redis_client.PATIENCE", PATIENCE)
    async with redis.connected(CoreSettings(cache=redis_server.url)):
        one, two = two_machines
        assert await admitted(one, 3) == [True] * 3
        assert await admitted(two, 3) == [True, True, False]
        assert await admitted(one, 1) == [False]


async def test_without_redis_each_machine_limits_by_itself(
    two_machines: list[Limiter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.redis_client.PATIENCE", 10.0)
    async with redis.connected(CoreSettings(cache=NOWHERE)):
        began = time.monotonic()
        for each in two_machines:
            assert await admitted(each, MOST + 2) == [True] * MOST + [False] * 2
        assert time.monotonic() - began < 9, "nobody waits for it"


async def told(*machines: Limiter) -> None:
    """Wait until the machines have told each other."""
    shared = [each._everywhere for each in machines if each._everywhere is not None]
    for each in shared:
        await all_told(each._telling)


async def all_told(counted: telling.Telling) -> None:
    """Wait until there is nothing to tell."""
    async with asyncio.timeout(PATIENCE):
        while counted._task is not None:  # noqa: ASYNC110
            await asyncio.sleep(telling.PERIOD)


@pytest.mark.parametrize("two_machines", [LARGE], indirect=True)
async def test_of_a_large_limit_nobody_waits_for_redis(
    two_machines: list[Limiter], redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.redis_client.PATIENCE", PATIENCE)
    asked: list[int] = []
    run = Redis.run

    async def counted(self: Redis, ask: Any) -> Any:
        asked.append(1)
        return await run(self, ask)

    monkeypatch.setattr(Redis, "run", counted)
    async with redis.connected(CoreSettings(cache=redis_server.url)):
        one, two = two_machines
        assert await admitted(one, 120) == [True] * 120
        assert asked == [], "nobody has asked yet"
        await told(one, two)
        assert await admitted(two, 120) == [True] * 120, "what is too much comes in a moment"
        await told(one, two)
        assert len(asked) == 2
        assert await admitted(two, 2) == [False] * 2
        assert await admitted(one, 1) == [True], "nothing was told to this one yet"
        await told(one, two)
        assert await admitted(one, 2) == [False] * 2


@pytest.mark.parametrize("two_machines", [LARGE], indirect=True)
async def test_while_redis_is_frozen_nobody_waits_for_a_large_limit(
    two_machines: list[Limiter], redis_server: RedisServer
) -> None:
    async with redis.connected(CoreSettings(cache=redis_server.url)):
        one, _ = two_machines
        redis_server.freeze()
        try:
            began = time.monotonic()
            assert await admitted(one, LARGE + 1) == [True] * LARGE + [False]
            assert time.monotonic() - began < 5
            await told(one)
        finally:
            redis_server.thaw()


@pytest.mark.parametrize(
    ("previous", "current", "left", "waits"),
    [
        (0, LARGE - 1, 7200, False),
        (0, LARGE, 7200, True),
        (LARGE, 0, 7190, False),
        (LARGE, 5, 7190, True),
        (LARGE, LARGE // 2, 5420, True),
        (LARGE, LARGE // 2 - 2, 5420, False),
    ],
)
async def test_all_machines_count_in_the_same_sliding_window(
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    previous: int,
    current: int,
    left: int,
    waits: bool,
) -> None:
    monkeypatch.setattr("core.redis_client.PATIENCE", PATIENCE)
    rule = rule_of("sliding", f"{LARGE}/hour")
    assert rule is not None
    async with redis.connected(CoreSettings(cache=redis_server.url)) as used:
        assert used is not None
        await used.client.set("test:ada/before", previous)
        await used.client.set("test:ada", current - 1, px=left * 1000)
        counted = telling.Telling(used, "test")
        assert counted.take(rule, "ada") == 0
        await all_told(counted)
        assert bool(counted.take(rule, "ada")) is waits


async def test_a_window_that_is_over_is_the_one_before(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.redis_client.PATIENCE", PATIENCE)
    rule = rule_of("shifting", f"{LARGE}/hour")
    assert rule is not None
    async with redis.connected(CoreSettings(cache=redis_server.url)) as used:
        assert used is not None
        await used.client.set("test:ada", LARGE, px=1800 * 1000)
        counted = telling.Telling(used, "test")
        counted.take(rule, "ada")
        await all_told(counted)
        assert int(await used.client.get("test:ada/before") or 0) == LARGE
        assert int(await used.client.get("test:ada") or 0) == 1
        assert 5300 < await used.client.ttl("test:ada") <= 5400
        assert counted.take(rule, "ada") == 0, "half of the window before counts"
