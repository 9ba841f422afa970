"""What a WebSocket answers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from core import publish, recheck, redis, transaction
from core.realtime.connections import DROPPED, Connections
from core.realtime.settings import RealtimeSettings
from core.realtime.store import DatabaseStore
from core.settings import CoreSettings
from core.testing import Server
from core.web.limits.limiter import Limiter
from core.web.limits.rules import Classes
from tests.core.realtime.conftest import HEARTBEAT, SOCKET, socket
from tests.core.realtime.rooms import BANNED
from tests.core.redis_server import own_redis
from tests.patience import PATIENCE, within

ROOM, OTHER = "rooms.room:1", "rooms.room:2"


async def read(server: Server) -> None:
    """Wait until the worker has read all that was published."""
    hub = server.app.ctx.realtime.hub
    async with asyncio.timeout(PATIENCE):
        while hub.position < await DatabaseStore().latest():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_messages_arrive_in_order(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        (answer,) = await here.subscribe(ROOM)
        assert (answer["type"], answer["channel"]) == ("subscribed", ROOM)
        for number in range(20):
            await publish(ROOM, {"n": number})
        messages = [await here.get() for _ in range(20)]
    assert [each["data"]["n"] for each in messages] == list(range(20))
    assert {each["type"] for each in messages} == {"message"}
    ids = [int(each["id"]) for each in messages]
    assert ids == sorted(set(ids))


async def test_a_message_is_not_told_before_its_commit(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(ROOM)
        async with transaction():
            await publish(ROOM, {"n": 1})
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(here.raw.recv(), 0.2)
        assert (await here.get())["data"] == {"n": 1}


async def test_who_was_away_gets_what_was_missed(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(ROOM, OTHER)
        await publish(ROOM, {"n": 0})
        seen = (await here.get())["id"]
    for number in range(1, 5):
        await publish(ROOM if number % 2 else OTHER, {"n": number})
    await read(server)
    async with socket(server, ada) as here:
        answers = await here.subscribe(ROOM, OTHER, since=seen)
        assert [each.get("data", {}).get("n") for each in answers] == [1, 2, 3, 4, None, None]
    async with socket(server, ada) as here:
        answers = await here.subscribe(ROOM, OTHER, since={ROOM: seen})
        assert [each.get("data", {}).get("n") for each in answers] == [1, 3, None, None]


async def test_the_id_of_a_pong_is_not_ahead_of_what_is_still_to_come(
    server: Server, ada: Any
) -> None:
    """Who keeps it and is cut off would never get what it had asked for before."""
    async with socket(server, ada) as here:
        seen = (await here.subscribe(ROOM))[0]["id"]
        for number in range(3):
            await publish(ROOM, {"n": number})
    await read(server)
    async with socket(server, ada) as here:
        await here.send(type="subscribe", channels=[ROOM], since=seen)
        await here.send(type="ping")
        kinds = [(await here.get())["type"] for _ in range(5)]
    assert kinds == ["message"] * 3 + ["subscribed", "pong"]


async def test_nothing_is_lost_or_doubled_while_a_client_comes_back(
    server: Server, ada: Any
) -> None:
    """Messages go on while it subscribes again and again from the last it saw."""

    async def talk() -> None:
        for number in range(200):
            await publish(ROOM, {"n": number})
            await asyncio.sleep(0.002)

    numbers: list[int] = []
    async with socket(server, ada) as here:
        ((last),) = [each["id"] for each in await here.subscribe(ROOM)]
    talking = asyncio.create_task(talk())
    while len(numbers) < 200:
        async with socket(server, ada) as here:
            await here.send(type="subscribe", channels=[ROOM], since=last)
            for _ in range(25):
                message = await here.get()
                if message["type"] == "message":
                    numbers.append(message["data"]["n"])
                    last = message["id"]
                assert message["type"] in ("message", "subscribed")
                if len(numbers) == 200:
                    break
    await talking
    assert numbers == list(range(200))


async def test_a_gap_is_told(server: Server, ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with socket(server, ada) as here:
        (answer,) = await here.subscribe(ROOM)
    async with transaction():
        for number in range(501):
            await publish(ROOM, {"n": number})
    await read(server)
    async with socket(server, ada) as here:
        answers = await here.subscribe(ROOM, since=answer["id"])
        assert [each["type"] for each in answers] == ["gap", "subscribed"]
        monkeypatch.setattr("core.realtime.hub.CATCH_UP", 0.1)
        answers = await here.subscribe(OTHER, since="999999999999999999")
        assert [each["type"] for each in answers] == ["gap", "subscribed"]


async def test_an_unknown_and_a_forbidden_channel_look_the_same(server: Server, ada: Any) -> None:
    BANNED.add((ada.id, "1"))
    names = [ROOM, "rooms.nothing:1", "nothing.at:all", "", "x" * 200, "rooms.room:of-0"]
    names += ["realtime.recheck", "rooms.room:broken", "rooms.room:a b"]
    async with socket(server, ada) as here:
        for name in filter(None, names):
            (answer,) = await here.subscribe(name)
            assert answer == {"type": "refused", "channel": name, "code": "not_found"}


async def test_who_may_not_follow_any_more_is_unsubscribed(
    server: Server, ada: Any, grace: Any
) -> None:
    async with socket(server, ada) as hers, socket(server, grace) as other:
        await hers.subscribe(ROOM, OTHER)
        await other.subscribe(ROOM)
        BANNED.add((ada.id, "1"))
        async with within(2):
            await recheck(ROOM, ada.id)
            told = await hers.get()
        assert told == {"type": "unsubscribed", "channel": ROOM, "code": "not_found"}
        await publish(ROOM, {"n": 1})
        await publish(OTHER, {"n": 2})
        assert (await hers.get())["data"] == {"n": 2}
        assert (await other.get())["data"] == {"n": 1}
        BANNED.add((grace.id, "1"))
        await recheck(ROOM)
        assert (await other.get())["type"] == "unsubscribed"


async def test_unsubscribe_and_ping(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(ROOM)
        await here.send(type="unsubscribe", channels=[ROOM])
        assert await here.get() == {"type": "unsubscribed", "channel": ROOM}
        await publish(ROOM, {"n": 1})
        await here.send(type="ping")
        assert (await here.get())["type"] == "pong"


@pytest.mark.parametrize(
    "said", ['{"type":"shout"}', "[]", '{"type":"subscribe","channels":[]}', "null", '{"type":1}']
)
async def test_what_makes_no_sense_is_an_error(server: Server, ada: Any, said: str) -> None:
    async with socket(server, ada) as here:
        await here.raw.send(said)
        assert (await here.get())["code"] == "invalid"
        await here.send(type="ping")
        assert (await here.get())["type"] == "pong"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{", 1007),
        ('{"type":"ping"} {', 1007),
        (b"{}", 1003),
        ("x" * 3000, 1009),
        (b"x" * 3000, 1009),
    ],
)
async def test_what_cannot_be_read_ends_the_socket(
    server: Server, ada: Any, said: Any, code: int
) -> None:
    async with socket(server, ada) as here:
        await here.raw.send(said)
        assert await here.closed() == code


async def test_too_many_channels_are_refused(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(*[f"rooms.room:{number}" for number in range(10)])
        (answer,) = await here.subscribe("rooms.room:10")
        assert answer["code"] == "too_many_channels"


@pytest.mark.usefixtures("clock_stands_still")
async def test_too_many_messages_end_the_socket(server: Server, ada: Any) -> None:
    """Those of all sockets of a user count together."""
    async with socket(server, ada) as here, socket(server, ada) as too:
        for number in range(20):
            one = too if number % 2 else here
            await one.send(type="ping")
            assert (await one.get())["type"] == "pong"
        await here.send(type="ping")
        assert await here.closed() == 4429


@pytest.mark.usefixtures("clock_stands_still")
@pytest.mark.parametrize("machines", [1, 2])
async def test_workers_count_the_messages_of_a_user_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machines: int
) -> None:
    """On one machine by itself, on several with Redis."""
    monkeypatch.setattr("core.redis_client.PATIENCE", 30.0)
    limiters = [Limiter(Classes(None, None, None)) for _ in range(2)]
    for number, limiter in enumerate(limiters):
        folder = tmp_path / str(number % machines)
        folder.mkdir(exist_ok=True)
        limiter.open(folder)
    tokens: Any = SimpleNamespace(revision=0)
    settings = RealtimeSettings(burst=5)
    workers = [Connections(tokens, settings, limiter) for limiter in limiters]
    refused: list[int] = []
    async with AsyncExitStack() as held:
        if machines > 1:
            url = held.enter_context(own_redis(tmp_path)).url
            await held.enter_async_context(redis.connected(CoreSettings(cache=url)))
        for number in range(8):
            if not workers[number % 2].counts(7, partial(refused.append, number)):
                refused.append(number)
            for each in workers:
                await asyncio.gather(*each._asking)
    assert refused == [5, 6, 7]
    for limiter in limiters:
        limiter.close()


async def test_too_many_sockets_are_refused(server: Server, ada: Any, grace: Any) -> None:
    async with AsyncExitStack() as several:
        for _ in range(5):
            await several.enter_async_context(socket(server, ada))
        with pytest.raises(InvalidStatus) as refused:
            await several.enter_async_context(socket(server, ada))
        assert refused.value.response.status_code == 429
        await several.enter_async_context(socket(server, grace))
    async with socket(server, ada):
        pass


async def test_who_reads_too_slowly_is_dropped_and_harms_nobody(
    server: Server, ada: Any, grace: Any
) -> None:
    async with socket(server, grace) as quick, socket(server, ada, max_queue=1) as slow:
        await quick.subscribe(ROOM)
        await slow.subscribe(ROOM)
        slow.raw.transport.pause_reading()
        dropped = DROPPED.values.get((), 0)
        for number in range(1000):  # until the buffers of both systems are full
            await publish(ROOM, {"n": number, "text": "x" * 200_000})
            assert (await quick.get())["data"]["n"] == number
            if DROPPED.values.get((), 0) > dropped:
                break
        assert DROPPED.values[()] == dropped + 1
        slow.raw.transport.abort()


async def test_a_dead_peer_is_dropped(server: Server, ada: Any) -> None:
    async with socket(server, ada) as alive, socket(server, ada) as dead:
        dead.raw.transport.pause_reading()
        await alive.subscribe(ROOM)
        for each in server.app.ctx.realtime.connections._open:
            # of the 2.5 after which it is given up; the one alive has time to answer a ping
            each._socket.heard -= (1.5 if each._channels else 2.4) * HEARTBEAT
        before = len(server.app.ctx.realtime.connections)
        async with asyncio.timeout(PATIENCE):
            while len(server.app.ctx.realtime.connections) == before:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await alive.send(type="ping")
        assert (await alive.get())["type"] == "pong"
        dead.raw.transport.abort()


async def test_nothing_is_left_when_all_have_gone(server: Server, ada: Any) -> None:
    here = server.app.ctx.realtime
    for _ in range(3):
        async with socket(server, ada) as talking:
            await talking.subscribe(ROOM)
            talking.raw.transport.abort()
    async with asyncio.timeout(PATIENCE):
        while len(here.connections) or here.hub._followers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_what_is_no_handshake_is_told_so(server: Server, ada: Any) -> None:
    answer = await ada.get(SOCKET)
    assert answer.status_code == 400
    assert "WebSocket" in answer.json()["detail"]
