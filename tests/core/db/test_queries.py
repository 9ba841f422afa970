"""What queries do alike on each kind of database."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from core.db.engine import Engine, locked, transaction
from core.testing import queries
from tests.core.db.conftest import texts, write
from tests.core.db.tables import Note


async def test_queries_run_together_or_not_at_all(engine: Engine) -> None:
    together = engine.atomic()
    together.add(Note.insert(Note(text="a")), Note.insert(Note(text="a")))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await together.run()
    assert await texts() == set()
    together.add(Note.insert(Note(text="a")), Note.insert(Note(text="b")))
    await together
    assert await texts() == {"a", "b"}
    assert together.queries == []


async def test_rows_come_in_portions(engine: Engine) -> None:
    await Note.insert(*(Note(text=f"{n}") for n in range(7)))
    query = Note.select(Note.text).where(Note.number == 0).order_by(Note.id)
    async with await query.batch(batch_size=3) as portions:
        sizes = [len(portion) async for portion in portions]
    assert sizes == [3, 3, 1]


async def test_get_or_create_makes_one(engine: Engine) -> None:
    for _ in range(2):
        async with transaction():
            note = await Note.objects().get_or_create(Note.text == "a", {Note.number: 3})
        assert note.number == 3
    assert await Note.count() == 1


async def test_returning_gives_the_types_that_select_gives(engine: Engine) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678, UTC)
    columns = (Note.done, Note.at, Note.number, Note.text)
    inserted = await Note.insert(Note(text="a", done=True, at=at)).returning(*columns)
    changed = await Note.update({Note.number: 0}).where(Note.text == "a").returning(*columns)
    for (row,) in (inserted, changed, await Note.select(*columns)):
        assert row == {"done": True, "at": at, "number": 0, "text": "a"}
        assert type(row["done"]) is bool


async def test_locked_rows_lose_no_update(engine: Engine) -> None:
    await write("counter")

    async def count() -> None:
        async with transaction():
            (note,) = await locked(Note.objects().where(Note.text == "counter"))
            note.number += 1
            await note.save()

    await asyncio.gather(*(count() for _ in range(20)))
    assert await Note.select(Note.number).first() == {"number": 20}


async def test_the_database_is_asked_once_for_a_read_and_an_insert(engine: Engine) -> None:
    with queries() as seen:
        await write("a")
        await texts()
    assert len(seen) == 2
