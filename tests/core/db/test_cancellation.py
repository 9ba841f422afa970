"""A task may be cancelled at any moment: the work is whole or undone, and nothing stays taken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from core.db.background import background_work
from core.db.engine import Engine, transaction
from core.db.errors import DatabaseBusy
from tests.core.db.conftest import PATIENCE, texts, write
from tests.core.db.tables import Note

STEPS = range(41)


async def after_steps(steps: int, work: Callable[[], Awaitable[None]]) -> bool:
    """Cancel ``work`` after so many rounds of the event loop; tell whether it ended before."""
    task = asyncio.ensure_future(work())
    for step in range(steps):
        await asyncio.sleep(0 if step % 4 else 0.0002)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await background_work(PATIENCE)
    return not task.cancelled()


async def still_works(engine: Engine) -> None:
    """Fail unless as many transactions as there are connections can write, one after another."""
    for number in range(5):
        async with asyncio.timeout(PATIENCE), transaction():
            await write(f"afterwards {number}")
    await Note.delete().where(Note.text.like("afterwards%"))


@pytest.mark.parametrize("steps", STEPS)
async def test_a_cancelled_transaction_is_whole_or_undone_and_told_only_when_whole(
    engine: Engine, steps: int
) -> None:
    told: list[str] = []

    async def tell() -> None:
        await asyncio.sleep(0)
        told.append("told")

    async def work() -> None:
        async with transaction() as current:
            await write("first")
            async with transaction():
                await write("second")
            current.after_commit.append(tell)

    ended = await after_steps(steps, work)
    await still_works(engine)
    found = await texts()
    assert found in (set(), {"first", "second"})
    assert (told == ["told"]) is bool(found)
    assert found or not ended


@pytest.mark.parametrize("steps", STEPS)
async def test_a_cancelled_rollback_is_still_a_rollback(engine: Engine, steps: int) -> None:
    async def work() -> None:
        with suppress(ZeroDivisionError):
            async with transaction():
                await write("first")
                with suppress(ZeroDivisionError):
                    async with transaction():
                        await write("second")
                        raise ZeroDivisionError
                raise ZeroDivisionError

    await after_steps(steps, work)
    await still_works(engine)
    assert await texts() == set()


@pytest.mark.parametrize("steps", STEPS)
async def test_what_goes_on_after_a_cancelled_savepoint_is_kept(engine: Engine, steps: int) -> None:
    async def inner() -> None:
        async with transaction():
            await write("inner 1")
            await write("inner 2")

    async def work() -> None:
        async with transaction():
            await write("before")
            with suppress(TimeoutError):
                async with asyncio.timeout(steps * 0.0001):
                    await inner()
            await write("after")

    await work()
    await still_works(engine)
    found = await texts()
    assert found >= {"before", "after"}
    assert found & {"inner 1", "inner 2"} in (set(), {"inner 1", "inner 2"})


@pytest.mark.parametrize("steps", STEPS)
async def test_a_cancelled_statement_leaves_nothing_taken(engine: Engine, steps: int) -> None:
    await after_steps(steps, lambda: write("a"))
    await after_steps(steps, read_all)
    await still_works(engine)


async def read_all() -> None:
    await Note.select().run()


@pytest.mark.parametrize("steps", STEPS)
async def test_a_cancelled_writer_hands_the_connection_on(engine: Engine, steps: int) -> None:
    """The one that waits for its turn is cancelled, at about the moment its turn comes."""
    go_on = asyncio.Event()

    async def holds() -> None:
        async with transaction():
            await write("holder")
            await go_on.wait()

    async def waits() -> None:
        async with transaction():
            await write("waiter")

    holder = asyncio.create_task(holds())
    await asyncio.sleep(0.005)
    others = [asyncio.create_task(waits()) for _ in range(2)]
    await asyncio.sleep(0.001)
    go_on.set()
    for _ in range(steps // 2):
        await asyncio.sleep(0)
    for other in others:
        other.cancel()
    await asyncio.gather(holder, *others, return_exceptions=True)
    await background_work(PATIENCE)
    await still_works(engine)
    assert "holder" in await texts()


async def test_an_event_is_told_although_the_task_was_cancelled_while_telling(
    engine: Engine,
) -> None:
    told: list[str] = []
    telling, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        telling.set()
        await go_on.wait()
        told.append("slowly")

    async def at_once() -> None:
        told.append("at once")

    async def work() -> None:
        async with transaction() as current:
            await write("a")
            current.after_commit += [slowly, at_once]

    task = asyncio.create_task(work())
    await telling.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await background_work(PATIENCE)
    assert told == ["slowly", "at once"]


async def test_many_aborted_at_random_leave_the_honest_ones_alone(engine: Engine) -> None:
    async def abort(number: int) -> None:
        with suppress(TimeoutError, DatabaseBusy):
            async with asyncio.timeout(0.0003 * (number % 30)), transaction():
                await write(f"aborted {number}")
                await asyncio.sleep(0.0005)
                await write(f"aborted {number} again")

    async def honest(number: int) -> None:
        async with transaction():
            await write(f"honest {number}")

    for turn in range(5):
        await asyncio.gather(*(abort(turn * 40 + number) for number in range(40)))
        await asyncio.gather(*(honest(turn * 10 + number) for number in range(10)))
    await background_work(PATIENCE)
    found = await texts()
    assert {each for each in found if each.startswith("honest")} == {
        f"honest {number}" for number in range(50)
    }
    for each in found:
        if each.startswith("aborted") and not each.endswith("again"):
            assert f"{each} again" in found
