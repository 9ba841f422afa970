"""Realtime by Redis: in order, resumable, and honest about what Redis lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from core import publish, recheck, transaction
from core.realtime.redis_feed import name, number
from core.testing import Server, serving
from tests.core.realtime.conftest import socket
from tests.core.realtime.rooms import BANNED
from tests.core.redis_server import RedisServer, own_redis
from tests.patience import within

ROOM = "rooms.room:1"


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with own_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
async def server(
    database: str, tenfold_environment: dict[str, str], redis: RedisServer
) -> AsyncIterator[Server]:
    environment = {
        **tenfold_environment,
        "TENFOLD_ENABLED": "tests.core.realtime.rooms",
        "TENFOLD_CORE__DATABASE": database,
        "TENFOLD_CORE__CACHE": redis.url,
        "TENFOLD_REALTIME__REPLAYED": "50",
    }
    async with serving(environment) as server:
        yield server


async def test_messages_arrive_after_the_commit_and_in_order(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(ROOM)
        async with transaction():
            for number in range(10):
                await publish(ROOM, {"n": number})
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(here.raw.recv(), 0.1)
        messages = [await here.get() for _ in range(10)]
        assert [each["data"]["n"] for each in messages] == list(range(10))
        with pytest.raises(RuntimeError, match="undo"):
            async with transaction():
                await publish(ROOM, {"n": 10})
                raise RuntimeError("undo")
        await publish(ROOM, {"n": 11})
        assert (await here.get())["data"] == {"n": 11}


async def test_who_was_away_gets_what_was_missed_or_is_told(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(ROOM)
        await publish(ROOM, {"n": 0})
        seen = (await here.get())["id"]
        for number in range(1, 6):
            await publish(ROOM, {"n": number})
            await here.get()
    async with socket(server, ada) as here:
        answers = await here.subscribe(ROOM, since=seen)
        assert [each.get("data", {}).get("n") for each in answers] == [1, 2, 3, 4, 5, None]
        answers = await here.subscribe("rooms.room:2", since="5")
        assert [each["type"] for each in answers] == ["gap", "subscribed"]


async def test_rights_that_change_are_told(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(ROOM)
        BANNED.add((ada.id, "1"))
        await recheck(ROOM, ada.id)
        assert (await here.get())["type"] == "unsubscribed"


async def test_what_a_worker_tells_at_once_arrives_in_its_order(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(ROOM)
        await asyncio.gather(*(publish(ROOM, {"n": number}) for number in range(100)))
        messages = [await here.get() for _ in range(100)]
    assert [each["data"]["n"] for each in messages] == list(range(100))


async def test_a_slow_redis_keeps_nobody_waiting(
    server: Server, ada: Any, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them waits a moment; the others know then that it is slow."""
    monkeypatch.setattr("core.realtime.redis_feed.SOON", 0.5)
    async with socket(server, ada) as here:
        await here.subscribe(ROOM)
        redis.freeze()
        async with within(5):
            for number in range(20):
                await publish(ROOM, {"n": number})
        redis.thaw()
        messages = [await here.get() for _ in range(20)]
    assert [each["data"]["n"] for each in messages] == list(range(20))


async def test_sockets_outlive_redis_and_are_told_of_the_gap(
    server: Server, ada: Any, redis: RedisServer
) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(ROOM)
        await publish(ROOM, {"n": 1})
        assert (await here.get())["data"] == {"n": 1}
        redis.kill()
        for number in range(3):
            await publish(ROOM, {"n": number})
        await here.send(type="ping")
        assert (await here.get())["type"] == "pong"
        redis.start()
        async with asyncio.timeout(60):
            assert (await here.get())["type"] == "gap"
            while True:
                await publish(ROOM, {"n": 99})
                message = await here.get()
                if message["type"] == "message":
                    break
        assert message["data"] == {"n": 99}


def test_ids_of_redis_are_numbers_and_back() -> None:
    assert name(number(b"1795409044623-7")) == "1795409044623-7"
    assert number("1-1") < number("1-2") < number("2-0")
