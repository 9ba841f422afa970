"""Server-Sent Events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from core import publish, recheck
from core.testing import Server
from tests.core.realtime.rooms import BANNED
from tests.core.realtime.test_sockets import read
from tests.patience import PATIENCE

EVENTS = "/api/v1/realtime/events"
ROOM, OTHER = "rooms.room:1", "rooms.room:2"


class Reader:
    """What comes on a stream, event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def get(self, *, comments: bool = False) -> dict[str, Any]:
        """Return the next event; what only moves the id along is left out unless asked for."""
        while True:
            fields: dict[str, Any] = {}
            async with asyncio.timeout(PATIENCE):
                async for line in self._lines:
                    if not line:
                        break
                    name, _, value = line.partition(":")
                    fields[name] = value.strip()
            if "data" in fields:
                fields["data"] = json.loads(fields["data"])
            if "event" in fields or comments or not fields:
                return fields


@asynccontextmanager
async def stream(person: Any, channels: str, **headers: str) -> AsyncIterator[Reader]:
    asked = {"channels": channels}
    async with person.stream("GET", EVENTS, params=asked, headers=headers) as answer:
        yield Reader(answer)


async def test_a_stream_tells_what_is_published(server: Server, ada: Any) -> None:
    async with stream(ada, f"{ROOM},{OTHER}") as here:
        assert here.answer.status_code == 200
        headers = here.answer.headers
        assert headers["content-type"] == "text/event-stream"
        assert headers["x-accel-buffering"] == "no"
        assert "no-store" in headers["cache-control"]
        first = await here.get()
        assert (first["event"], first["retry"]) == ("subscribed", "1000")
        assert first["data"] == {"channels": [ROOM, OTHER]}
        for number in range(10):
            await publish(OTHER if number % 2 else ROOM, {"n": number})
        events = [await here.get() for _ in range(10)]
    assert [each["data"]["data"]["n"] for each in events] == list(range(10))
    assert all(each["id"] == each["data"]["id"] for each in events)


async def test_a_stream_goes_on_where_it_ended(
    server: Server, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stream(ada, ROOM) as here:
        await here.get()
        await publish(ROOM, {"n": 0})
        last = (await here.get())["id"]
    for number in range(1, 4):
        await publish(ROOM, {"n": number})
    await read(server)
    async with stream(ada, ROOM, **{"last-event-id": last}) as here:
        first = await here.get()
        assert (first["event"], first["id"]) == ("subscribed", last), "it has none of them yet"
        assert [(await here.get())["data"]["data"]["n"] for _ in range(3)] == [1, 2, 3]
    monkeypatch.setattr("core.realtime.hub.CATCH_UP", 0.1)
    async with stream(ada, ROOM, **{"last-event-id": "9" * 18}) as here:
        assert [(await here.get())["event"] for _ in range(2)] == ["subscribed", "gap"]


@pytest.mark.usefixtures("quick_heart")
async def test_a_quiet_stream_shows_that_it_lives(server: Server, ada: Any) -> None:
    async with stream(ada, ROOM) as here:
        await here.get()
        await publish(OTHER, {"n": 1})
        await read(server)
        beats = [await here.get(comments=True) for _ in range(2)]  # one may have been under way
        assert [set(each) for each in beats] == [{"", "id"}] * 2
        assert int(beats[-1]["id"]) == server.app.ctx.realtime.hub.position


async def test_a_channel_that_is_forbidden_or_unknown_is_refused(server: Server, ada: Any) -> None:
    BANNED.add((ada.id, "1"))
    for name in (ROOM, "rooms.nothing", "", "a,,b", "x" * 300, "rooms.room:a b"):
        answer = await ada.get(EVENTS, params={"channels": name})
        assert answer.status_code == 422, name
    assert (await ada.get(EVENTS)).status_code == 422
    assert (await ada.get(EVENTS, params={"channels": ROOM, "since": "x"})).status_code == 422
    async with asyncio.timeout(PATIENCE):  # those of the test before this one may be just ending
        while server.app.ctx.realtime.connections._open:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_stranger_gets_no_stream_but_a_ticket_does(
    server: Server, client: Any, ada: Any
) -> None:
    assert (await client.get(EVENTS, params={"channels": ROOM})).status_code == 401
    ticket = (await ada.post("/api/v1/auth/ws-ticket")).json()["ticket"]
    asked = {"channels": ROOM, "ticket": ticket}
    async with client.stream("GET", EVENTS, params=asked) as answer:
        assert (await Reader(answer).get())["event"] == "subscribed"
    assert (await client.get(EVENTS, params=asked)).status_code == 401


async def test_head_tells_the_type(server: Server, ada: Any) -> None:
    answer = await ada.head(EVENTS, params={"channels": ROOM})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")


async def test_signing_out_ends_a_stream(server: Server, ada: Any) -> None:
    async with stream(ada, ROOM) as here:
        await here.get()
        await ada.post("/api/v1/auth/logout-all")
        last = await here.get()
        assert (last["event"], last["data"]["code"]) == ("end", 4401)
        assert await here.get() == {}


async def test_who_may_not_follow_any_more_is_told(server: Server, ada: Any) -> None:
    async with stream(ada, ROOM) as here:
        await here.get()
        BANNED.add((ada.id, "1"))
        await recheck(ROOM)
        assert (await here.get())["event"] == "unsubscribed"


async def test_a_reader_that_goes_leaves_nothing_behind(server: Server, ada: Any) -> None:
    here = server.app.ctx.realtime
    async with stream(ada, ROOM) as reader:
        await reader.get()
        assert len(here.connections) == 1
    async with asyncio.timeout(PATIENCE):
        while len(here.connections) or here.hub._followers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
