"""Messages are told after the commit, in the order of the commits, whole or not at all."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from core import publish, savepoint, transaction
from core.realtime.store import DatabaseStore, run
from core.realtime.tables import Message
from core.testing import Server

ALL = "SELECT id, channel, body FROM realtime_message ORDER BY id"


async def bodies() -> list[str]:
    return [body for _, _, body in await run(ALL)]


async def test_a_message_is_published_by_one_statement(
    client: Any, count_queries: Callable[[], list[str]]
) -> None:
    count_queries()
    await publish("test.room:1", {"n": 1})
    assert len(count_queries()) == 1
    async with transaction():
        for number in range(5):
            await publish("test.room:1", {"n": number})
    mine = [sql for sql in count_queries() if "realtime_message" in sql]
    assert len(mine) == 1


async def test_what_is_undone_is_not_told(client: Any) -> None:
    with pytest.raises(RuntimeError, match="undo"):
        async with transaction():
            await publish("test.room:1", {"n": 1})
            raise RuntimeError("undo")
    assert await bodies() == []


async def test_what_is_undone_inside_a_transaction_is_not_told(client: Any) -> None:
    async with transaction():
        await publish("test.room:1", {"n": 1})
        with pytest.raises(RuntimeError, match="undo"):
            async with savepoint():
                await publish("test.room:1", {"n": 2})
                raise RuntimeError("undo")
        await publish("test.room:1", {"n": 3})
    assert await bodies() == ['{"n":1}', '{"n":3}']


async def test_ids_become_visible_in_their_order(client: Any) -> None:
    """Whoever reads ``id > last`` again and again while many commit gets all, in order."""
    seen: list[int] = []
    done = asyncio.Event()

    async def follow() -> None:
        while True:
            over = done.is_set()
            last = seen[-1] if seen else 0
            rows = await run("SELECT id FROM realtime_message WHERE id > {} ORDER BY id", last)
            seen.extend(id for (id,) in rows)
            if over:
                return
            await asyncio.sleep(0)

    async def commit(number: int) -> None:
        async with transaction():
            await publish("test.room:1", {"n": number})
            await asyncio.sleep(random.random() * 0.01)
            await publish("test.room:2", {"n": number})

    following = asyncio.create_task(follow())
    for _ in range(10):
        await asyncio.gather(*map(commit, range(6)))
    done.set()
    await following
    assert seen == sorted(seen)
    assert len(seen) == 120 == len(await bodies())


async def test_writers_of_messages_take_turns_on_postgres(server: Server, client: Any) -> None:
    """The second may not even get an id before the first has committed."""
    if not server.database.startswith("postgres"):
        return
    import asyncpg

    from core.realtime.store import WRITE

    first, second = [await asyncpg.connect(server.database) for _ in range(2)]
    try:
        holding = first.transaction()
        await holding.start()
        await first.fetch(WRITE["postgres"], 1, '[["test.room:1", "1"]]')
        waiting = asyncio.create_task(second.fetch(WRITE["postgres"], 1, '[["test.room:1", "2"]]'))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await holding.commit()
        await waiting
    finally:
        await first.close()
        await second.close()
    assert await bodies() == ["1", "2"]


async def test_the_messages_of_one_transaction_keep_their_order(client: Any) -> None:
    async with transaction():
        for number in range(200):
            await publish(f"test.room:{number % 3}", {"n": number})
    assert await bodies() == [f'{{"n":{number}}}' for number in range(200)]


async def test_what_was_missed_is_found_again_or_said_to_be_lost(client: Any) -> None:
    store = DatabaseStore()
    start = await store.latest()
    for number in range(6):
        await publish(f"test.room:{number % 2}", {"n": number})
    ids = [id for id, _, _ in await run(ALL)]
    latest = await store.latest()
    assert latest == ids[-1] > start
    missed = await store.missed({"test.room:0": ids[0], "test.room:1": ids[3]}, latest, 10)
    assert [each.body for each in missed or []] == ['{"n":2}', '{"n":4}', '{"n":5}']
    assert await store.missed({"test.room:0": ids[0]}, latest, 1) is None, "more than asked for"
    assert await store.missed({"test.room:0": latest + 5}, latest, 10) is None, "never was"
    await store.forget_old(-1)
    assert [id for id, _, _ in await run(ALL)] == [latest], "the newest stays"
    assert await store.missed({"test.room:0": ids[0]}, latest, 10) is None, "forgotten"
    assert await store.missed({"test.room:0": latest}, latest, 10) == []


async def test_what_is_forgotten_is_always_the_beginning(client: Any) -> None:
    """The host that wrote the first has a clock that is ahead."""
    store = DatabaseStore()
    for number in range(4):
        await publish("test.room:1", {"n": number})
    first, *_, last = [id for id, _, _ in await run(ALL)]
    ahead = int((time.time() + 3600) * 1000)
    await Message.update({Message.at: ahead}).where(Message.id == first)
    await store.forget_old(-1)
    assert [id for id, _, _ in await run(ALL)] == [last]
    assert await store.missed({"test.room:1": first}, last, 10) is None, "a hole is told"


@pytest.mark.parametrize(
    "channel", ["", "room", "Test.room", "test.room:", "test.room:a b", "a.b:\n"]
)
async def test_a_name_that_is_no_channel_is_refused(channel: str) -> None:
    with pytest.raises(ValueError, match="channel"):
        await publish(channel, {})


async def test_a_message_has_a_largest_size() -> None:
    with pytest.raises(ValueError, match="262,144"):
        await publish("test.room:1", {"text": "x" * 262_144})
