"""What is particular to SQLite: one writer, threads, a file."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from core.db import engine as databases
from core.db.engine import transaction
from core.db.errors import DatabaseBusy, is_passing
from core.db.sqlite import PooledSQLite
from tests.core.db.conftest import (
    ENDLESS,
    PATIENCE,
    WAIT,
    impatient,
    texts,
    write,
    write_in_transaction,
)
from tests.core.db.tables import Note
from tests.patience import within


@contextmanager
def another_process_writes(engine: PooledSQLite) -> Iterator[None]:
    """Hold the file's write lock as another process would."""
    with closing(sqlite3.connect(engine.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


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

    await impatient(sqlite)
    with another_process_writes(sqlite):
        async with within(5 * WAIT):  # not one after the other
            outcomes = await asyncio.gather(
                *(both() for _ in range(10)),
                *(write(f"{n}") for n in range(150)),
                return_exceptions=True,
            )
    assert {type(each) for each in outcomes} == {DatabaseBusy}
    sqlite.limits.wait = PATIENCE
    await both()
    assert await texts() == {"a"}


async def test_writers_of_two_processes_wait_for_each_other(sqlite: PooledSQLite) -> None:
    with another_process_writes(sqlite):
        writing = asyncio.gather(write("a"), write("b"))
        await asyncio.sleep(0.1)
        assert not writing.done()
    await writing


async def test_whoever_waits_too_long_for_the_writer_is_told(sqlite: PooledSQLite) -> None:
    held, go_on = asyncio.Event(), asyncio.Event()

    async def holds() -> None:
        async with transaction():
            await write("holder")
            held.set()
            await go_on.wait()

    await impatient(sqlite)
    holder = asyncio.create_task(holds())
    await held.wait()
    began = time.monotonic()
    waiting = [each for _ in range(5) for each in (write("b"), write_in_transaction("c"))]
    async with within(WAIT * 5):  # not one after the other
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(each) for each in outcomes} == {DatabaseBusy}
    assert time.monotonic() - began > WAIT * 0.9
    go_on.set()
    await holder
    sqlite.limits.wait = PATIENCE
    await write("d")
    assert await texts() == {"holder", "d"}


async def test_a_disk_that_may_only_be_read_is_passing(sqlite: PooledSQLite) -> None:
    await sqlite.fetch("CREATE TABLE kept (id INTEGER)")
    async with sqlite.transaction():
        await sqlite.fetch("PRAGMA query_only=ON")
        with pytest.raises(sqlite3.OperationalError) as failure:
            await sqlite.fetch("INSERT INTO kept VALUES (1)")
        await sqlite.fetch("PRAGMA query_only=OFF")
    assert "readonly" in str(failure.value)
    assert is_passing(failure.value)


async def test_a_write_that_takes_too_long_is_ended_and_undone(
    sqlite: PooledSQLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = ENDLESS.replace(
        "SELECT max(x) m FROM c",
        "INSERT INTO db_note (text, number, done, at) SELECT 'x' || max(x), 0, 0, '' FROM c",
    )
    with monkeypatch.context() as patched:
        patched.setattr(sqlite.limits, "statement", 0.2)
        with pytest.raises(sqlite3.OperationalError, match="interrupted") as failure:
            await sqlite.fetch(endless)
    assert is_passing(failure.value)
    await write("a")
    assert await texts() == {"a"}


async def test_a_with_statement_may_write_or_read(sqlite: PooledSQLite) -> None:
    await sqlite.fetch(
        "WITH n(t) AS (VALUES ('a'), ('b')) "
        "INSERT INTO db_note (text, number, done, at) SELECT t, 0, 0, '2026-01-01' FROM n"
    )
    assert await sqlite.fetch("  \n WITH n(t) AS (VALUES (1)) SELECT t FROM n") == [(1,)]
    assert await texts() == {"a", "b"}


async def test_vacuum_and_pragmas_take_their_turn(sqlite: PooledSQLite) -> None:
    writing = asyncio.gather(*(write_in_transaction(f"{n}") for n in range(20)))
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
    await write_in_transaction("c")
    assert {"a", "c"} <= await texts()


async def _commit_inside() -> None:
    async with transaction():
        await databases.engine().fetch("COMMIT")
        await write("b")


async def test_run_sync_works_while_an_event_loop_runs(sqlite: PooledSQLite) -> None:
    Note.insert(Note(text="a")).run_sync()
    assert Note.select(Note.text).run_sync() == [{"text": "a"}]
    await impatient(sqlite)
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
