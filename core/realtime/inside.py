"""Following a channel in the server's own code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from core.realtime.hub import Hub
from core.realtime.sealed import Sealed

QUEUE = 1000
"""Messages that may wait for code that is slower than they come."""


class Missed(Exception):
    """Messages were missed. Read again what they tell of, then subscribe again."""


class Inside:
    """Something in this process that follows a channel."""

    user = None

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[Any] = asyncio.Queue(QUEUE)
        self.has_missed = False

    def deliver(self, sealed: Sealed) -> None:
        """Take messages; more than can wait are missed."""
        try:
            for each in sealed.messages:
                self.waiting.put_nowait(msgspec.json.decode(each.body))
        except asyncio.QueueFull:
            self.has_missed = True

    def missed(self, channels: Sequence[str]) -> None:
        """Learn that messages were missed, and wake who waits for one."""
        self.has_missed = True
        if self.waiting.empty():
            self.waiting.put_nowait(None)

    def excluded(self, channel: str) -> None:
        """Never happens: nobody is asked whether the server may read."""


_hub: Hub | None = None


@contextmanager
def following(hub: Hub) -> Iterator[None]:
    """Let code in this process follow channels inside the block."""
    global _hub
    before, _hub = _hub, hub
    try:
        yield
    finally:
        _hub = before


async def subscribe(channel: str) -> AsyncGenerator[Any, None]:
    """Yield the messages of ``channel`` as they come, decoded. For code inside a worker.

    Raises Missed when some were lost because they were not taken in time, or while the database was
    away. End it with ``aclosing``, or with the task that reads it.
    """
    if _hub is None:
        raise RuntimeError("Nothing can be followed here: no worker is running.")
    inside = Inside()
    await _hub.join(inside, [channel], {})
    hub = _hub
    try:
        while True:
            message = await inside.waiting.get()
            if inside.has_missed:
                raise Missed(channel)
            yield message
    finally:
        hub.leave(inside, [channel])
