"""What is particular to PostgreSQL: a pool, a server that goes away, time-outs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from core.db.engine import transaction
from core.db.errors import DatabaseAway, DatabaseBusy, is_passing
from core.db.postgres import PooledPostgres
from tests.core.db.conftest import PATIENCE, WAIT, impatient, texts, write
from tests.core.db.tables import Note
from tests.patience import until, within

OURS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'tenfold' AND datname = $1"


async def connections(postgres: PooledPostgres) -> int:
    return len(await _outside(postgres, OURS))


async def left(postgres: PooledPostgres, most: int) -> int:
    """Return how many of our connections are left; the server takes a moment to let them go."""
    end = time.monotonic() + PATIENCE
    while (found := await connections(postgres)) > most and time.monotonic() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    return found


async def in_use(postgres: PooledPostgres, count: int) -> None:
    """Wait until so many connections are handed out."""
    await until(lambda: postgres.in_use >= count)


async def end_all(postgres: PooledPostgres) -> None:
    """End every connection of ours, as a restart of the server does; those that are idle know it.

    A write on one whose farewell is still on its way may have happened, and is not repeated.
    """
    await _outside(postgres, f"SELECT pg_terminate_backend(pid) FROM ({OURS}) AS ours")
    idle = postgres._pools[asyncio.get_running_loop()]._idle
    await until(lambda: all(each.is_closed() for _, each in idle))


async def _outside(postgres: PooledPostgres, sql: str) -> Any:
    dsn = postgres.config["dsn"]
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(sql, dsn.rpartition("/")[2])
    finally:
        await connection.close()


@asynccontextmanager
async def kept_waiting(postgres: PooledPostgres, sql: str) -> AsyncIterator[asyncio.Future[Any]]:
    """Run a statement that takes the lock 7, and let it wait for that while the block runs."""
    other = await asyncpg.connect(postgres.config["dsn"])
    await other.execute("SELECT pg_advisory_lock(7)")
    running = asyncio.ensure_future(postgres.fetch(sql))
    async with asyncio.timeout(PATIENCE):
        while not await _outside(postgres, f"{OURS} AND wait_event = 'advisory'"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    yield running
    await other.close()


async def opened_all(postgres: PooledPostgres) -> None:
    """Open every connection there may be, however often one does not come in time."""
    pool = postgres._pools[asyncio.get_running_loop()]
    async with asyncio.timeout(PATIENCE):
        while len(pool._idle) < postgres.size:
            await asyncio.gather(*(texts() for _ in range(postgres.size)), return_exceptions=True)


async def hold(go_on: asyncio.Event) -> None:
    async with transaction():
        await Note.count()
        await go_on.wait()


async def test_connections_that_the_server_ended_are_not_noticed(
    postgres: PooledPostgres,
) -> None:
    await asyncio.gather(texts(), texts(), texts())
    for number in range(3):
        await end_all(postgres)
        await asyncio.gather(texts(), write(f"{number}"), texts())
        await end_all(postgres)
        async with transaction():
            await write(f"{number} again")
    assert len(await texts()) == 6


async def test_a_read_is_repeated_when_the_connection_ends_under_it(
    postgres: PooledPostgres,
) -> None:
    async with kept_waiting(postgres, "SELECT pg_advisory_xact_lock(7)") as reading:
        await end_all(postgres)
    assert len(await reading) == 1


async def test_a_write_is_not_repeated_when_the_connection_ends_under_it(
    postgres: PooledPostgres,
) -> None:
    sql = (
        "INSERT INTO db_note (text, number, done, at)"
        " SELECT 'a', 0, false, now() FROM pg_advisory_xact_lock(7)"
    )
    async with kept_waiting(postgres, sql) as writing:
        await end_all(postgres)
        with pytest.raises(DatabaseAway):
            await writing
    assert await texts() == set()


async def test_a_connection_that_ends_inside_a_transaction_undoes_it(
    postgres: PooledPostgres,
) -> None:
    with pytest.raises(DatabaseAway):
        await _ended_inside(postgres)
    await write("b")
    assert await texts() == {"b"}


async def _ended_inside(postgres: PooledPostgres) -> None:
    async with transaction():
        await write("a")
        await end_all(postgres)
        await write("more")


async def test_a_connection_that_ends_before_the_commit_is_no_commit(
    postgres: PooledPostgres,
) -> None:
    told: list[int] = []

    async def tell() -> None:
        told.append(1)

    async def work() -> None:
        async with transaction() as current:
            await write("a")
            current.after_commit.append(tell)
            await end_all(postgres)

    with pytest.raises(DatabaseAway):
        await work()
    assert told == []
    assert await texts() == set()


async def test_an_exhausted_pool_is_told_in_time_and_recovers(postgres: PooledPostgres) -> None:
    go_on = asyncio.Event()
    holders = [asyncio.create_task(hold(go_on)) for _ in range(2)]
    await in_use(postgres, 2)
    postgres.limits.wait = WAIT
    began = time.monotonic()
    async with within(WAIT * 5):  # not one after the other
        outcomes = await asyncio.gather(*(texts() for _ in range(10)), return_exceptions=True)
    assert {type(each) for each in outcomes} == {DatabaseBusy}
    assert time.monotonic() - began > WAIT * 0.9
    postgres.limits.wait = PATIENCE
    go_on.set()
    await asyncio.gather(*holders)
    assert await texts() == set()


async def test_a_lock_that_does_not_come_is_told_in_time(postgres: PooledPostgres) -> None:
    await impatient(postgres)
    await opened_all(postgres)
    await write("a")
    taken, go_on = asyncio.Event(), asyncio.Event()

    async def change(*, wait: bool) -> None:
        async with transaction():
            await Note.update({Note.number: 1}).where(Note.text == "a")
            taken.set()
            if wait:
                await go_on.wait()

    holder = asyncio.create_task(change(wait=True))
    await taken.wait()
    with pytest.raises(asyncpg.LockNotAvailableError) as failure:
        await change(wait=False)
    assert is_passing(failure.value)
    go_on.set()
    await holder


async def test_a_statement_that_takes_too_long_is_ended(postgres: PooledPostgres) -> None:
    async def work() -> None:
        async with transaction():
            await postgres.fetch("SET LOCAL statement_timeout = 100")
            await postgres.fetch("SELECT pg_sleep(5)")

    with pytest.raises(asyncpg.QueryCanceledError) as failure:
        await work()
    assert is_passing(failure.value)


async def test_a_server_that_does_not_answer_is_told_in_time(postgres: PooledPostgres) -> None:
    postgres.limits.statement = -1.8
    async with within(10):
        with pytest.raises(DatabaseBusy, match="does not answer"):
            await postgres.fetch("SELECT pg_sleep(60)")
    postgres.limits.statement = 30
    await write("a")


async def test_a_server_that_is_not_there_is_passing() -> None:
    engine = PooledPostgres("postgres://postgres@127.0.0.1:1/nothing", wait=WAIT)
    for pool in (False, True):
        if pool:
            await engine.start_connection_pool()
        for attempt in (engine.fetch("SELECT 1"), engine.transaction().__aenter__()):
            with pytest.raises(DatabaseAway) as failure:
                await attempt
            assert is_passing(failure.value)
    await engine.close_connection_pool()


async def test_a_wrong_value_is_a_mistake_not_a_server_that_is_away(
    postgres: PooledPostgres,
) -> None:
    with pytest.raises(asyncpg.DataError) as failure:
        await postgres.fetch("SELECT $1::int", ["x"])
    assert not is_passing(failure.value)


async def test_the_pool_opens_once_however_many_ask_at_once(postgres: PooledPostgres) -> None:
    await postgres.close_connection_pool()
    await asyncio.gather(*(postgres.start_connection_pool() for _ in range(3)))
    await asyncio.gather(*(texts() for _ in range(20)))
    assert await left(postgres, 2) <= 2


async def test_closing_leaves_no_connection_even_with_work_in_it(
    postgres: PooledPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.db.postgres.CLOSING", 0.2)
    stuck = asyncio.create_task(hold(asyncio.Event()))
    await in_use(postgres, 1)
    await asyncio.wait_for(postgres.close_connection_pool(), PATIENCE)
    stuck.cancel()
    await asyncio.gather(stuck, return_exceptions=True)
    assert await texts() == set()
    assert await left(postgres, 0) == 0


async def test_run_sync_leaves_no_connection(postgres: PooledPostgres) -> None:
    await texts()
    before = await connections(postgres)
    Note.insert(Note(text="a")).run_sync()
    async with transaction():
        Note.insert(Note(text="b")).run_sync()
    assert await texts() == {"a", "b"}
    assert await left(postgres, before) == before


async def test_another_event_loop_may_write_at_the_same_time(postgres: PooledPostgres) -> None:
    async def count() -> None:
        for _ in range(20):
            await Note.update({Note.number: Note.number + 1}).where(Note.text == "counter")

    await write("counter")
    await asyncio.gather(count(), *(asyncio.to_thread(asyncio.run, count()) for _ in range(2)))
    assert await Note.select(Note.number).first() == {"number": 60}


async def test_a_commit_that_fails_for_a_deferred_constraint_undoes_all(
    postgres: PooledPostgres,
) -> None:
    await postgres.fetch(
        "CREATE TABLE child (note int REFERENCES db_note(id) DEFERRABLE INITIALLY DEFERRED)"
    )

    async def work() -> None:
        async with transaction():
            await write("a")
            await postgres.fetch("INSERT INTO child VALUES (99)")

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await work()
    await postgres.fetch("DROP TABLE child")
    assert await texts() == set()


async def test_migrations_may_take_as_long_as_they_need(postgres: PooledPostgres) -> None:
    with postgres.limits.lifted():
        async with transaction():
            assert await postgres.fetch_dicts("SHOW statement_timeout") == [
                {"statement_timeout": "0"}
            ]
    assert await postgres.fetch_dicts("SHOW statement_timeout") == [{"statement_timeout": "30s"}]
