"""Messages in a Redis stream, for installations that have Redis: the database is left out of it.

One stream holds the messages of all channels, so that Redis itself gives ids that go up. What could
not be handed to Redis is made up for by telling everybody that something may be missing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from redis.asyncio import Redis as Client

from core.db.engine import engine
from core.db.errors import DatabaseAway
from core.db.transaction import innermost
from core.realtime.bus import GAP
from core.realtime.store import Message
from core.redis_client import FAILURES, Redis

STREAM = "tenfold:realtime"
PORTION = 500
BLOCK = 5000
"""Milliseconds that a read waits for something new."""
PATIENCE = 2.0
SOON = 0.04
"""Seconds that who publishes waits for Redis; a slow one gets the message a little later."""
PAUSE = 0.3
AT_ONCE = 16
"""Questions that this worker asks at a time, however many clients come back at once."""
SCANNED = 20_000
SEQUENCE = 20
"""Bits for Redis's number within a millisecond."""


class RedisFeed:
    """Messages of the workers of every host, kept by Redis for ``seconds``.

    What this worker tells goes one after the other, in the order of its commits.
    """

    def __init__(self, redis: Redis, seconds: float, stream: str = STREAM) -> None:
        self._redis, self._seconds, self._stream = redis, seconds, stream
        self._waiting: list[tuple[str, str]] = []
        self._told: asyncio.Future[None] | None = None
        self._is_slow = False
        self._sending: asyncio.Task[None] | None = None
        self._owing: asyncio.Task[None] | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def publish(self, channel: str, body: str) -> None:
        """Hand a message over after the commit of the transaction around this, else now."""
        transaction = innermost(engine().current_transaction)
        if transaction is None:
            await self._add(channel, body)
        else:
            transaction.after_commit.append(partial(self._add, channel, body))

    async def _add(self, channel: str, body: str) -> None:
        if self._owing is not None:
            return
        self._waiting.append((channel, body))
        told = self._told = self._told or asyncio.get_running_loop().create_future()
        self._sending = self._sending or asyncio.create_task(self._send())
        if not self._is_slow:
            in_time, _ = await asyncio.wait({told}, timeout=SOON)
            self._is_slow = not in_time

    async def _send(self) -> None:
        """Hand over what waits, all of it together, until nothing does."""
        while (told := self._told) is not None:
            sent, self._waiting, self._told = self._waiting, [], None
            try:
                await self._ask(partial(self._append, sent))
            except DatabaseAway:
                self._waiting.clear()
                self._owing = self._owing or asyncio.create_task(self._make_up())
            self._is_slow = False
            told.set_result(None)
        self._sending = None

    async def _make_up(self) -> None:
        """Tell everybody, as soon as Redis is back, that something could not be told."""
        while True:
            await asyncio.sleep(PAUSE)
            try:
                await self._ask(partial(self._append, [(GAP, "null")]))
            except DatabaseAway:
                continue
            self._owing = None
            return

    async def _append(self, sent: Sequence[tuple[str, str]], client: Client) -> None:
        oldest = int((time.time() - self._seconds) * 1000)
        async with client.pipeline(transaction=False) as pipeline:
            for channel, body in sent:
                fields: Any = {"c": channel, "b": body}
                pipeline.xadd(self._stream, fields, minid=f"{oldest}-0", approximate=True)
            await pipeline.execute()

    async def latest(self) -> int:
        """Return the id of the newest message."""
        newest = await self._ask(lambda client: client.xrevrange(self._stream, count=1))
        return number(newest[0][0]) if newest else 0

    async def reaches(self, since: int) -> bool:
        """Return False: while Redis was away others could not hand over their messages."""
        await self._ask(lambda client: client.ping())
        return False

    async def missed(
        self, since: Mapping[str, int], until: int, limit: int
    ) -> list[Message] | None:
        """Return what channels got after an id, up to ``until``; None when that cannot be told."""
        first = min(since.values())
        oldest = await self._ask_in_turn(lambda client: client.xrange(self._stream, count=1))
        if first == until:
            return []
        if not oldest or number(oldest[0][0]) > first:
            return None
        after = f"({name(first)}"
        rows = await self._ask_in_turn(
            lambda client: client.xrange(self._stream, after, name(until), count=SCANNED + 1)
        )
        if len(rows) > SCANNED:
            return None
        messages = [message(*row) for row in rows]
        if any(each.channel == GAP for each in messages):
            return None
        found = [
            each for each in messages if each.channel in since and each.id > since[each.channel]
        ]
        return found if len(found) <= limit else None

    async def _ask_in_turn(self, ask: Any) -> Any:
        """Ask for somebody who has come back; with the turns of many it takes no longer."""
        async with _in_time(), self._turns:
            return await ask(self._redis.client)

    async def _ask(self, ask: Any) -> Any:
        async with _in_time():
            return await ask(self._redis.client)

    async def follow(self, after: int) -> AsyncGenerator[Sequence[Message], None]:
        """Yield messages as they come."""
        client = self._redis.connect(1, socket_timeout=BLOCK / 1000 + PATIENCE)
        place: Any = name(after)
        try:
            while True:
                found: Any = await client.xread({self._stream: place}, count=PORTION, block=BLOCK)
                for _, rows in found:
                    place = rows[-1][0]
                    yield [message(*row) for row in rows]
        finally:
            await client.aclose()

    async def close(self) -> None:
        """Hand over what waits, and owe nothing any more."""
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=PATIENCE)
        if self._owing is not None:
            self._owing.cancel()

    async def forget_old(self, seconds: float) -> None:
        """Do nothing: each message that is added pushes the old ones out."""


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Raise DatabaseAway for what fails, or takes too long."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except FAILURES as error:
        raise DatabaseAway(f"Redis does not answer: {error!r}") from error


def number(id: bytes | str) -> int:
    """Return Redis's id, milliseconds and a number in them, as one number."""
    text = id.decode() if isinstance(id, bytes) else id
    milliseconds, _, place = text.partition("-")
    return int(milliseconds) << SEQUENCE | int(place)


def name(id: int) -> str:
    """Return the id as Redis writes it."""
    return f"{id >> SEQUENCE}-{id & (1 << SEQUENCE) - 1}"


def message(id: bytes, fields: Mapping[bytes, bytes]) -> Message:
    """Return an entry of the stream as a message."""
    return Message(number(id), fields[b"c"].decode(), fields[b"b"].decode())
