"""Transactions, as plugins and Piccolo use them, on both databases."""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError

from core import events
from core.db.engine import Engine, savepoint, transaction
from core.db.errors import is_duplicate
from core.events import Event, emit
from tests.core.db.conftest import PATIENCE, texts, write


class NoteWritten(Event, frozen=True):
    text: str


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []

    async def hear(event: NoteWritten) -> None:
        heard.append(event.text)

    monkeypatch.setitem(events._handlers, NoteWritten.name(), [("notes", hear)])
    return heard


TAKEN = (sqlite3.IntegrityError, asyncpg.UniqueViolationError)


async def write_apart(text: str) -> None:
    async with savepoint():
        await write(text)


async def write_and_tell(text: str) -> None:
    await write(text)
    await emit(NoteWritten(text=text))


async def test_what_fails_is_undone(engine: Engine, told: list[str]) -> None:
    with suppress(ZeroDivisionError):
        async with transaction():
            await write_and_tell("a")
            raise ZeroDivisionError
    assert await texts() == set()
    assert told == []


async def test_what_succeeds_is_kept_and_told_after_the_commit(
    engine: Engine, told: list[str]
) -> None:
    async with transaction():
        await write_and_tell("a")
        assert told == []
    assert await texts() == {"a"}
    assert told == ["a"]


async def test_nobody_sees_what_is_not_committed(engine: Engine) -> None:
    async with transaction():
        await write("a")
        seen = await asyncio.get_running_loop().create_task(texts(), context=contextvars.Context())
        assert await texts() == {"a"}
    assert seen == set()


async def test_a_savepoint_is_undone_alone_and_its_events_dropped(
    engine: Engine, told: list[str]
) -> None:
    async with transaction():
        await write_and_tell("outer")
        with suppress(ZeroDivisionError):
            async with transaction():
                await write_and_tell("inner")
                async with transaction():
                    await write_and_tell("innermost")
                raise ZeroDivisionError
        async with transaction():
            await write_and_tell("second")
    assert await texts() == {"outer", "second"}
    assert told == ["outer", "second"]


async def test_a_failed_statement_in_a_savepoint_leaves_the_rest(engine: Engine) -> None:
    async with transaction():
        await write("a")
        with pytest.raises(TAKEN) as failure:
            await write_apart("a")
        assert is_duplicate(failure.value)
        await write("b")
    assert await texts() == {"a", "b"}


async def test_a_swallowed_failure_never_passes_for_a_commit(
    engine: Engine, told: list[str]
) -> None:
    await write("taken")
    kept = False
    with suppress(asyncpg.InFailedSQLTransactionError):
        async with transaction():
            await write_and_tell("a")
            with suppress(*TAKEN):
                await write("taken")
        kept = True
    assert ("a" in await texts()) is kept
    assert told == (["a"] if kept else [])


async def test_a_transaction_may_be_ended_early(engine: Engine) -> None:
    async with transaction() as work:
        await write("kept")
        await work.commit()
        await write("alone")
    async with transaction() as work:
        await write("undone")
        await work.rollback()
        await write("alone too")
        with pytest.raises(RuntimeError, match="ended"):
            await work.commit()
        with pytest.raises(RuntimeError, match="ended"):
            await work.fetch("SELECT 1")
    assert await texts() == {"kept", "alone", "alone too"}


async def test_ending_the_inner_one_early_leaves_the_outer_open(engine: Engine) -> None:
    with suppress(ZeroDivisionError):
        async with transaction():
            async with transaction() as inner:
                await write("a")
                await inner.commit()
                await write("b")
            async with transaction() as inner:
                await write("c")
                await inner.rollback()
                assert await texts() == {"a", "b"}
            raise ZeroDivisionError
    assert await texts() == set()


async def test_a_transaction_is_entered_once(engine: Engine) -> None:
    work = transaction()
    async with work:
        pass
    with pytest.raises(RuntimeError, match="once"):
        await work.__aenter__()


async def test_gathered_statements_share_the_transaction(engine: Engine) -> None:
    with suppress(ZeroDivisionError):
        async with transaction():
            await asyncio.gather(*(write(f"{n}") for n in range(10)))
            assert len(await texts()) == 10
            raise ZeroDivisionError
    assert await texts() == set()


async def test_a_nested_transaction_of_another_task_is_refused(engine: Engine) -> None:
    async def nested() -> None:
        async with transaction():
            await write("b")

    async with transaction():
        await write("a")
        with pytest.raises(RuntimeError, match="different task"):
            await asyncio.create_task(nested())
    assert await texts() == {"a"}


async def test_a_task_that_outlives_its_transaction_writes_by_itself(engine: Engine) -> None:
    go_on = asyncio.Event()

    async def later() -> None:
        await go_on.wait()
        await write("later")

    with suppress(ZeroDivisionError):
        async with transaction():
            task = asyncio.create_task(later())
            await write("a")
            raise ZeroDivisionError
    outsider = contextvars.Context()

    async def other() -> None:
        async with transaction():
            await write("other")
            go_on.set()
            await asyncio.sleep(0.05)
            raise ZeroDivisionError

    with suppress(ZeroDivisionError):
        await asyncio.get_running_loop().create_task(other(), context=outsider)
    await task
    assert await texts() == {"later"}


async def test_nothing_is_left_in_the_context(engine: Engine) -> None:
    for error in (None, ZeroDivisionError()):
        try:
            async with transaction():
                assert engine.transaction_exists()
                if error:
                    raise error
        except ZeroDivisionError:
            pass
        assert engine.current_transaction.get() is None
        assert not engine.transaction_exists()


async def test_a_transaction_may_be_left_in_another_context(engine: Engine) -> None:
    async def fixture() -> Any:
        async with transaction():
            await write("a")
            yield

    steps = fixture()
    loop = asyncio.get_running_loop()
    await loop.create_task(anext(steps), context=contextvars.Context())
    with pytest.raises(StopAsyncIteration):
        await loop.create_task(anext(steps), context=contextvars.Context())
    assert await texts() == {"a"}
    async with asyncio.timeout(PATIENCE), transaction():
        await write("b")


async def test_an_event_handler_that_fails_does_not_fail_the_commit(engine: Engine) -> None:
    heard: list[int] = []

    async def fails() -> None:
        raise ZeroDivisionError

    async def hears() -> None:
        heard.append(1)

    async with transaction() as work:
        await write("a")
        work.after_commit += [fails, hears]
    assert heard == [1]


async def test_piccolos_savepoints_work(engine: Engine) -> None:
    async with transaction() as work:
        await write("a")
        first = await work.savepoint()
        await write("b")
        await first.rollback_to()
        await work.savepoint("named")
        await write("c")
        await work.rollback_to("named")
        await write("d")
        await first.release()
        with pytest.raises(ValueError, match="Savepoint"):
            await work.savepoint('"; DROP TABLE db_note; --')
    assert await texts() == {"a", "d"}


async def test_nesting_can_be_forbidden(engine: Engine) -> None:
    async with transaction():
        with pytest.raises(TransactionError):
            engine.transaction(allow_nested=False)
