"""Code inside a worker follows channels too."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from core import Missed, publish, subscribe, transaction
from core.realtime.inside import QUEUE
from core.testing import Server
from tests.core.realtime.test_sockets import read
from tests.patience import PATIENCE

ROOM = "rooms.room:inside"


async def followed(server: Server) -> None:
    """Wait until somebody follows the room."""
    async with asyncio.timeout(PATIENCE):
        while ROOM not in server.app.ctx.realtime.hub._followers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_messages_come_in_order(server: Server, client: Any) -> None:
    async def talk() -> None:
        await followed(server)
        for number in range(10):
            await publish(ROOM, {"n": number})

    talking = asyncio.create_task(talk())
    seen = []
    async with aclosing(subscribe(ROOM)) as messages:
        async with asyncio.timeout(PATIENCE):
            async for message in messages:
                seen.append(message["n"])
                if len(seen) == 10:
                    break
    await talking
    assert seen == list(range(10))
    assert ROOM not in server.app.ctx.realtime.hub._followers


async def test_who_is_too_slow_is_told(server: Server, client: Any) -> None:
    async with aclosing(subscribe(ROOM)) as messages:
        reading = asyncio.create_task(anext(messages))
        await followed(server)
        await publish(ROOM, {"n": 0})
        assert await reading == {"n": 0}
        async with transaction():
            for number in range(QUEUE + 1):
                await publish(ROOM, {"n": number})
        await read(server)
        with pytest.raises(Missed):
            await anext(messages)
