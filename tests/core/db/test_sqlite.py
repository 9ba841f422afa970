"""What is particular to SQLite: one writer, threads, a file."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest

from core.db import engine as databases
from core.db.engine import transaction
from core.db.errors import DatabaseBusy, is_passing
from core.db.sqlite import PooledSQLite
from tests.core.db.conftest import WAIT, texts, write
from tests.core.db.tables import Note

SLOW = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < {}) "
    "SELECT max(x) m FROM c"
)
ENDLESS = SLOW.format(10**12)


@contextmanager
def another_process_writes(engine: PooledSQLite) -> Iterator[None]:
    """Hold the file's write lock as another process would."""
    with closing(sqlite3.connect(engine.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def our_threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("sqlite-")]


async def test_statements_that_wait_together_share_a_commit_and_one_that_fails_fails_alone(
    sqlite: PooledSQLite,
) -> None:
    await write("taken")
    names = [f"{number}" if number % 5 else "taken" for number in range(100)]
    outcomes = await asyncio.gather(*map(write, names), return_exceptions=True)
    for name, outcome in zip(names, outcomes, strict=True):
        assert isinstance(outcome, sqlite3.IntegrityError) is (name == "taken")
    assert await texts() == set(names)


async def test_a_statement_that_ends_the_shared_transaction_runs_no_other_twice(
    sqlite: PooledSQLite,
) -> None:
    await sqlite.fetch(
        "CREATE TRIGGER stop BEFORE INSERT ON db_note WHEN new.text LIKE 'bad%' "
        "BEGIN SELECT RAISE(ROLLBACK, 'stopped'); END"
    )
    await write("counter")

    async def count() -> None:
        await Note.update({Note.number: Note.number + 1}).where(Note.text == "counter")

    work = [write(f"bad {n}") if n % 4 == 0 else count() for n in range(80)]
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    assert sum(isinstance(each, sqlite3.IntegrityError) for each in outcomes) == 20
    assert await Note.select(Note.number).first() == {"number": 60}
    assert await texts() == {"counter"}


async def test_a_statement_that_ends_the_transaction_undoes_all_of_it(sqlite: PooledSQLite) -> None:
    await sqlite.fetch(
        "CREATE TRIGGER stop BEFORE INSERT ON db_note WHEN new.text = 'bad' "
        "BEGIN SELECT RAISE(ROLLBACK, 'stopped'); END"
    )
    with pytest.raises(DatabaseBusy, match="ended the transaction"):
        await _write_swallowing("first", "bad", "last")
    with pytest.raises(DatabaseBusy, match="ended the transaction"):
        await _write_swallowing("first", "bad")
    assert await texts() == set()


async def _write_swallowing(*names: str) -> None:
    async with transaction():
        for name in names:
            with suppress(sqlite3.IntegrityError):
                await write(name)


async def test_a_commit_that_fails_for_a_deferred_constraint_undoes_all(
    sqlite: PooledSQLite,
) -> None:
    await sqlite.fetch(
        "CREATE TABLE child (note INTEGER REFERENCES db_note(id) DEFERRABLE INITIALLY DEFERRED)"
    )
    orphan = "INSERT INTO child VALUES (99)"

    async def in_transaction() -> None:
        async with transaction():
            await write("a")
            await sqlite.fetch(orphan)

    for attempt in (in_transaction(), sqlite.fetch(orphan)):
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            await attempt
    outcomes = await asyncio.gather(
        *(write(f"{n}") for n in range(5)), sqlite.fetch(orphan), return_exceptions=True
    )
    assert outcomes[:5] == [None] * 5
    assert isinstance(outcomes[5], sqlite3.IntegrityError)
    assert await sqlite.fetch("SELECT count(*) FROM child") == [(0,)]
    assert len(await texts()) == 5


async def test_a_full_disk_undoes_the_transaction_and_is_passing(sqlite: PooledSQLite) -> None:
    ((pages,),) = await sqlite.fetch("PRAGMA page_count")
    await sqlite.fetch(f"PRAGMA max_page_count={pages + 2}")
    big = "INSERT INTO db_note (text, number, done, at) VALUES (?, 0, 0, ?)"

    async def fill(name: str) -> None:
        async with transaction():
            await write(f"{name} first")
            await sqlite.fetch(big, [name + "x" * 50_000, "2026-01-01"])

    for attempt in (fill("a"), sqlite.fetch(big, ["y" * 50_000, "2026-01-01"])):
        with pytest.raises(sqlite3.OperationalError, match="full") as failure:
            await attempt
        assert is_passing(failure.value)
    assert await texts() == set()
    await sqlite.fetch("PRAGMA max_page_count=1000000")
    await fill("b")
    assert len(await texts()) == 2


async def test_a_begin_that_fails_is_told_in_time_and_leaves_nothing_taken(
    sqlite: PooledSQLite,
) -> None:
    async def both() -> None:
        async with transaction():
            await write("a")

    with another_process_writes(sqlite):
        began = time.monotonic()
        outcomes = await asyncio.gather(
            both(), both(), *(write(f"{n}") for n in range(150)), return_exceptions=True
        )
        assert time.monotonic() - began < 2.5 * WAIT
    assert {type(each) for each in outcomes} == {DatabaseBusy}
    await both()
    assert await texts() == {"a"}


async def test_writers_of_two_processes_wait_for_each_other(sqlite: PooledSQLite) -> None:
    with another_process_writes(sqlite):
        writing = asyncio.gather(write("a"), write("b"))
        await asyncio.sleep(0.1)
        assert not writing.done()
    await writing


async def test_whoever_waits_too_long_for_the_writer_is_told(sqlite: PooledSQLite) -> None:
    go_on = asyncio.Event()

    async def holds() -> None:
        async with transaction():
            await write("holder")
            await go_on.wait()

    holder = asyncio.create_task(holds())
    await asyncio.sleep(0.01)
    began = time.monotonic()
    outcomes = await asyncio.gather(write("b"), _in_transaction("c"), return_exceptions=True)
    assert {type(each) for each in outcomes} == {DatabaseBusy}
    assert WAIT * 0.9 < time.monotonic() - began < WAIT * 1.5
    go_on.set()
    await holder
    await write("d")
    assert await texts() == {"holder", "d"}


async def _in_transaction(text: str) -> None:
    async with transaction():
        await write(text)


async def test_a_long_read_leaves_the_event_loop_and_gives_the_same_rows(
    sqlite: PooledSQLite,
) -> None:
    slow, expected = SLOW.format(200_000), [(200_000,)]
    for _ in range(3):
        reading = asyncio.ensure_future(sqlite.fetch(slow))
        assert await asyncio.wait_for(sqlite.fetch("SELECT 1"), 0.5) == [(1,)]
        assert await reading == expected


async def test_a_short_read_never_leaves_the_event_loop(sqlite: PooledSQLite) -> None:
    await write("a")
    reading = Note.select(Note.text).run()
    with pytest.raises(StopIteration) as ended:
        reading.send(None)
    assert ended.value.value == [{"text": "a"}]


async def test_a_busy_machine_does_not_make_a_read_long(sqlite: PooledSQLite) -> None:
    def pause(value: bytes) -> bytes:
        if value == b"pause":
            time.sleep(0.02)
        return value

    sqlite3.register_converter("PAUSING", pause)
    await sqlite.fetch("CREATE TABLE pausing (value PAUSING)")
    await sqlite.fetch(
        "INSERT INTO pausing WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c "
        "WHERE x < 300) SELECT CASE x WHEN 1 THEN 'pause' ELSE 'go' END FROM c"
    )
    with pytest.raises(StopIteration) as ended:
        sqlite.fetch("SELECT value FROM pausing").send(None)
    assert len(ended.value.value) == 300


async def test_reading_on_the_loop_can_be_switched_off(tmp_path: Any) -> None:
    engine = PooledSQLite(tmp_path / "x.db", inline=0)
    assert await engine.fetch("SELECT 1") == [(1,)]
    await engine.close_connection_pool()


async def test_a_read_that_takes_too_long_is_ended_and_is_passing(sqlite: PooledSQLite) -> None:
    sqlite.limits.statement = 0.2
    with pytest.raises(sqlite3.OperationalError, match="interrupted") as failure:
        await sqlite.fetch(ENDLESS)
    assert is_passing(failure.value)


async def test_a_write_that_takes_too_long_is_ended_and_undone(sqlite: PooledSQLite) -> None:
    sqlite.limits.statement = 0.2
    endless = ENDLESS.replace(
        "SELECT max(x) m FROM c",
        "INSERT INTO db_note (text, number, done, at) SELECT 'x' || max(x), 0, 0, '' FROM c",
    )
    with pytest.raises(sqlite3.OperationalError, match="interrupted") as failure:
        await sqlite.fetch(endless)
    assert is_passing(failure.value)
    await write("a")
    assert await texts() == {"a"}


async def test_long_reads_make_other_long_reads_wait_no_longer_than_allowed(
    sqlite: PooledSQLite,
) -> None:
    long = [asyncio.create_task(sqlite.fetch(ENDLESS)) for _ in range(3)]
    with pytest.raises(DatabaseBusy):
        await long[2]
    for task in long:
        task.cancel()
    await asyncio.gather(*long, return_exceptions=True)
    assert await asyncio.wait_for(sqlite.fetch(SLOW.format(300_000)), WAIT) == [(300_000,)]


async def test_a_value_that_cannot_be_read_leaves_the_connection_usable(
    sqlite: PooledSQLite,
) -> None:
    bad = "INSERT INTO db_note (text, number, done, at) VALUES (?, 0, 0, 'no time') RETURNING at"
    with pytest.raises(ValueError, match="no time"):
        await sqlite.fetch(bad, ["a"])
    with pytest.raises(ValueError, match="no time"):
        await sqlite.fetch("SELECT at FROM db_note")
    await write("b")
    assert await sqlite.fetch("SELECT count(*) FROM db_note") == [(2,)]


async def test_a_with_statement_may_write_or_read(sqlite: PooledSQLite) -> None:
    await sqlite.fetch(
        "WITH n(t) AS (VALUES ('a'), ('b')) "
        "INSERT INTO db_note (text, number, done, at) SELECT t, 0, 0, '2026-01-01' FROM n"
    )
    assert await sqlite.fetch("  \n WITH n(t) AS (VALUES (1)) SELECT t FROM n") == [(1,)]
    assert await texts() == {"a", "b"}


async def test_vacuum_and_pragmas_take_their_turn(sqlite: PooledSQLite) -> None:
    writing = asyncio.gather(*(_in_transaction(f"{n}") for n in range(20)))
    await sqlite.fetch("VACUUM")
    assert await sqlite.fetch("PRAGMA foreign_keys") == [(1,)]
    assert await sqlite.fetch("PRAGMA integrity_check") == [("ok",)]
    await writing
    with pytest.raises(sqlite3.OperationalError, match="VACUUM"):
        await _vacuum_inside()


async def _vacuum_inside() -> None:
    async with transaction():
        await write("a")
        await databases.engine().fetch("VACUUM")


async def test_a_stray_begin_harms_nobody(sqlite: PooledSQLite) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        await sqlite.fetch("BEGIN")
    await write("a")
    with pytest.raises(DatabaseBusy, match="ended"):
        await _commit_inside()
    await _in_transaction("c")
    assert {"a", "c"} <= await texts()


async def _commit_inside() -> None:
    async with transaction():
        await databases.engine().fetch("COMMIT")
        await write("b")


async def test_closing_ends_what_is_queued_and_refuses_what_comes(sqlite: PooledSQLite) -> None:
    go_on = asyncio.Event()

    async def holds() -> None:
        async with transaction():
            await write("holder")
            await go_on.wait()
            await write("holder again")

    work = [asyncio.create_task(holds())]
    await asyncio.sleep(0.01)
    work += [asyncio.create_task(_in_transaction(f"{n}")) for n in range(5)]
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
    for refused in (write("later"), texts(), _in_transaction("later")):
        with pytest.raises(DatabaseBusy):
            await refused
    await sqlite.start_connection_pool()
    assert await texts() == {"holder", "holder again"}


async def test_closing_while_everything_is_busy_answers_everybody(sqlite: PooledSQLite) -> None:
    work: list[asyncio.Task[Any]] = [asyncio.create_task(write(f"{n}")) for n in range(300)]
    work += [asyncio.create_task(_in_transaction(f"in {n}")) for n in range(50)]
    work += [asyncio.create_task(sqlite.fetch(ENDLESS)) for _ in range(3)]
    await asyncio.sleep(0.005)
    await asyncio.wait_for(sqlite.close_connection_pool(), 5)
    outcomes = await asyncio.wait_for(asyncio.gather(*work, return_exceptions=True), 5)
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
    await asyncio.wait_for(sqlite.close_connection_pool(), 2)
    with pytest.raises(DatabaseBusy):
        await write("more")
    with pytest.raises(DatabaseBusy):
        await stuck.__aexit__(None, None, None)
    await sqlite.start_connection_pool()
    assert await texts() == set()


async def test_run_sync_works_while_an_event_loop_runs(sqlite: PooledSQLite) -> None:
    Note.insert(Note(text="a")).run_sync()
    assert Note.select(Note.text).run_sync() == [{"text": "a"}]
    async with transaction():
        await write("b")
        assert Note.select(Note.text).run_sync() == [{"text": "a"}]
        with pytest.raises(DatabaseBusy):
            Note.insert(Note(text="c")).run_sync()
    assert await texts() == {"a", "b"}


async def test_two_event_loops_take_turns(sqlite: PooledSQLite) -> None:
    async def count() -> None:
        for _ in range(50):
            async with transaction():
                note = await Note.objects().where(Note.text == "counter").first()
                assert note is not None
                note.number += 1
                await note.save()

    await write("counter")
    await asyncio.gather(count(), *(asyncio.to_thread(asyncio.run, count()) for _ in range(2)))
    assert await Note.select(Note.number).first() == {"number": 150}


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
