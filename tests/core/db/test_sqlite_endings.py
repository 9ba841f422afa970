"""How connections to SQLite end: closed, dropped with their event loop, left by a fork."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import threading
from contextlib import suppress
from typing import Any

import pytest

from core.db.engine import transaction
from core.db.errors import DatabaseBusy, is_passing
from core.db.sqlite import PooledSQLite
from tests.core.db.conftest import (
    ENDLESS,
    PATIENCE,
    texts,
    write,
    write_in_transaction,
)

OTHERS: set[threading.Thread] = set()


@pytest.fixture(autouse=True)
def others() -> None:
    """Remember the threads of other databases in this process."""
    OTHERS.clear()
    OTHERS.update(threading.enumerate())


def our_threads() -> list[str]:
    ours = set(threading.enumerate()) - OTHERS
    return [each.name for each in ours if each.name.startswith("sqlite-")]


async def test_closing_ends_what_is_queued_and_refuses_what_comes(
    sqlite: PooledSQLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, go_on = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr("core.db.sqlite_turns.GRACE", PATIENCE)

    async def holds() -> None:
        async with transaction():
            await write("holder")
            held.set()
            await go_on.wait()
            await write("holder again")

    work = [asyncio.create_task(holds())]
    await held.wait()
    work += [asyncio.create_task(write_in_transaction(f"{n}")) for n in range(5)]
    work += [asyncio.create_task(write(f"alone {n}")) for n in range(5)]
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(sqlite.close_connection_pool())
    await asyncio.sleep(0.01)
    with pytest.raises(DatabaseBusy):
        await write("late")
    go_on.set()
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    await closing
    assert outcomes[0] is None
    assert {type(each) for each in outcomes[1:]} == {DatabaseBusy}
    assert our_threads() == []
    for refused in (write("later"), texts(), write_in_transaction("later")):
        with pytest.raises(DatabaseBusy):
            await refused
    await sqlite.start_connection_pool()
    assert await texts() == {"holder", "holder again"}


async def test_closing_while_everything_is_busy_answers_everybody(sqlite: PooledSQLite) -> None:
    work: list[asyncio.Task[Any]] = [asyncio.create_task(write(f"{n}")) for n in range(300)]
    work += [asyncio.create_task(write_in_transaction(f"in {n}")) for n in range(50)]
    work += [asyncio.create_task(sqlite.fetch(ENDLESS)) for _ in range(3)]
    await asyncio.sleep(0.005)
    await asyncio.wait_for(sqlite.close_connection_pool(), PATIENCE)
    outcomes = await asyncio.wait_for(asyncio.gather(*work, return_exceptions=True), PATIENCE)
    assert all(each is None or is_passing(each) for each in outcomes)
    assert our_threads() == []
    await sqlite.start_connection_pool()
    kept = sum(each is None for each in outcomes)
    assert len(await texts()) == kept


async def test_a_transaction_that_never_ends_does_not_stop_the_closing(
    sqlite: PooledSQLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.db.sqlite_turns.GRACE", 0.1)
    stuck = transaction()
    await stuck.__aenter__()
    await write("never kept")
    await asyncio.wait_for(sqlite.close_connection_pool(), PATIENCE)
    with pytest.raises(DatabaseBusy):
        await write("more")
    with pytest.raises(DatabaseBusy):
        await stuck.__aexit__(None, None, None)
    await sqlite.start_connection_pool()
    assert await texts() == set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_loop_that_is_dropped_in_a_transaction_gives_the_writer_back(
    sqlite: PooledSQLite,
) -> None:
    async def stuck() -> None:
        async with transaction():
            await write("never kept")
            await asyncio.sleep(60)

    def drop() -> None:
        loop = asyncio.new_event_loop()
        task = loop.create_task(stuck())
        loop.run_until_complete(asyncio.wait({task}, timeout=0.05))
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()

    await asyncio.to_thread(drop)
    gc.collect()
    await write("a")
    assert await texts() == {"a"}


async def test_a_forked_process_opens_connections_of_its_own(sqlite: PooledSQLite) -> None:
    await write("parent")
    child = os.fork()
    if not child:
        code = 1
        with suppress(BaseException):
            loop = asyncio.new_event_loop()
            asyncio.events._set_running_loop(None)
            loop.run_until_complete(write("child"))
            code = 0
        os._exit(code)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    await write("parent again")
    assert await texts() == {"parent", "child", "parent again"}


async def test_a_database_that_cannot_be_opened_leaves_no_thread(tmp_path: Any) -> None:
    before = our_threads()
    engine = PooledSQLite(tmp_path / "no folder" / "x.db")
    with pytest.raises(sqlite3.OperationalError) as failure:
        await engine.fetch("SELECT 1")
    assert is_passing(failure.value)
    assert our_threads() == before
    (tmp_path / "no folder").mkdir()
    assert await engine.fetch("SELECT 1") == [(1,)]
    await engine.close_connection_pool()
