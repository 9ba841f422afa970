"""Reading ends a while after the last has left, and never for one who is just coming."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from core.realtime.channels import Channels
from core.realtime.hub import TURNS, Hub
from core.realtime.inside import Inside
from core.realtime.store import Message
from core.realtime.websocket import text_frame

ROOM = "test.room:1"


class SlowFeed:
    """Takes its time to begin, then yields nothing."""

    def __init__(self) -> None:
        self.readers = 0

    async def latest(self) -> int:
        await asyncio.sleep(0.1)
        return 7

    async def follow(self, after: int) -> AsyncGenerator[Sequence[Message], None]:
        self.readers += 1
        try:
            await asyncio.sleep(60)
            yield []
        finally:
            self.readers -= 1


async def test_reading_ends_after_a_while_and_who_comes_back_meanwhile_is_let_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.realtime.hub.LINGER", 0.05)
    feed: Any = SlowFeed()
    hub = Hub(feed, Channels({}), 10)
    one, two = Inside(), Inside()
    for follower in (one, two):
        await hub.join(follower, [ROOM], {})
    hub.leave(one, [ROOM])
    hub.leave(two, [ROOM])
    await hub.join(one, [ROOM], {})
    monkeypatch.setattr("core.realtime.hub.LINGER", 60)
    hub.leave(one, [ROOM])
    await asyncio.sleep(0.2)
    assert feed.readers == 1, "the first to leave does not count any more"
    monkeypatch.setattr("core.realtime.hub.LINGER", 0.05)
    await hub.join(one, [ROOM], {})
    hub.leave(one, [ROOM])
    async with asyncio.timeout(30):
        while feed.readers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert await hub.join(two, [ROOM], {}) == [ROOM]
    await hub.close()


async def test_who_comes_just_after_reading_has_ended_is_let_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Several have left before, each at another time, and to begin to read takes longer."""
    monkeypatch.setattr("core.realtime.hub.LINGER", 0.05)
    feed: Any = SlowFeed()
    hub, follower = Hub(feed, Channels({}), 10), Inside()
    for _ in range(2):
        await hub.join(follower, [ROOM], {})
        hub.leave(follower, [ROOM])
        await asyncio.sleep(0.03)
    async with asyncio.timeout(30):
        while feed.readers:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        assert await hub.join(follower, [ROOM], {}) == [ROOM]
    await hub.close()


class Forgetful:
    """Has forgotten what came before its newest message; that one comes while somebody asks."""

    async def latest(self) -> int:
        return 7

    async def follow(self, after: int) -> AsyncGenerator[Sequence[Message], None]:
        await asyncio.sleep(0.02)
        yield [Message(8, ROOM, "{}")]
        await asyncio.sleep(60)

    async def missed(self, *_: Any) -> None:
        await asyncio.sleep(0.05)


class Told(Inside):
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[str] = []

    def deliver(self, sealed: Any) -> None:
        self.all += [str(each.id) for each in sealed.messages]

    def missed(self, channels: Sequence[str]) -> None:
        self.all.append("gap")


async def test_a_gap_is_told_before_what_came_after_it() -> None:
    """Who is cut off between the two would come back behind the gap, and never hear of it."""
    feed: Any = Forgetful()
    hub, follower = Hub(feed, Channels({}), 10), Told()
    assert await hub.join(follower, [ROOM], {ROOM: 3}) == [ROOM]
    assert follower.all == ["gap", "8"]
    await hub.close()


class Full(Forgetful):
    """Has a message for everybody who comes back, and nothing new meanwhile."""

    async def follow(self, after: int) -> AsyncGenerator[Sequence[Message], None]:
        await asyncio.Event().wait()
        yield []

    async def missed(self, *_: Any) -> list[Message]:  # type: ignore[override]
        await asyncio.sleep(0)
        return [Message(5, ROOM, "{}")]


async def test_when_all_come_back_at_once_other_work_goes_on_between_them() -> None:
    feed: Any = Full()
    hub = Hub(feed, Channels({}), 10)
    turns, told = 0, Counter[int]()

    class Here(Told):
        def deliver(self, sealed: Any) -> None:
            told[turns] += 1

    async def work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    working = asyncio.create_task(work())
    await asyncio.gather(*(hub.join(Here(), [ROOM], {ROOM: 3}) for _ in range(100)))
    working.cancel()
    assert sum(told.values()) >= 100
    assert max(told.values()) <= 2 * TURNS
    await hub.close()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 300_000])
def test_a_message_is_framed_as_a_library_would(size: int) -> None:
    text = b"x" * size
    assert text_frame(text) == Frame(Opcode.TEXT, text).serialize(mask=False)
