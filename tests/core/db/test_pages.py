"""A list read page by page while others write: no item twice, none left out."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import Page, PageQuery, Position, columns, in_order, page, page_with_nulls
from core.db.engine import Engine
from tests.core.db.tables import Note


class NoteOut(msgspec.Struct, frozen=True):
    id: int
    text: str
    number: int


class NoteQuery(PageQuery, frozen=True):
    sort: Literal["number", "-number", "text", "-text"] = "number"


async def read(query: NoteQuery) -> Page[NoteOut]:
    async def some(position: Position | None, limit: int) -> list[NoteOut]:
        select = in_order(Note.select(*columns(Note, NoteOut)), query.sort, position)
        return msgspec.convert(await select.limit(limit), list[NoteOut])

    async def count() -> int:
        return int(await Note.count())

    return await page(query, NoteOut, some, count)


class Writing:
    """Inserts and deletes between pages; each text is used once."""

    def __init__(self) -> None:
        self.texts = 0

    async def insert(self, numbers: list[int]) -> None:
        notes = []
        for number in numbers:
            self.texts += 1
            notes.append(Note(text=f"{self.texts * 7919 % 1000} {self.texts}", number=number))
        if notes:
            await Note.insert(*notes)


numbers = st.lists(st.integers(-3, 3), max_size=12)


@given(
    before=numbers,
    between=st.lists(numbers, max_size=6),
    limit=st.integers(1, 5),
    sort=st.sampled_from(["number", "-number", "text", "-text"]),
    deleted=st.lists(st.integers(0, 30), max_size=6),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_what_was_there_all_along_is_seen_once_and_nothing_twice(
    engine: Engine,
    before: list[int],
    between: list[list[int]],
    limit: int,
    sort: Literal["number", "-number", "text", "-text"],
    deleted: list[int],
) -> None:
    await Note.delete(force=True)
    writing = Writing()
    await writing.insert(before)
    there = await Note.select(Note.id).output(as_list=True)
    seen: list[int] = []
    gone: set[int] = set()
    cursor = None
    while True:
        found = await read(NoteQuery(limit=limit, cursor=cursor, sort=sort))
        seen += [item.id for item in found.items]
        if found.next is None:
            break
        cursor = found.next
        await writing.insert(between.pop() if between else [])
        if deleted and there:
            gone.add(id := there[deleted.pop() % len(there)])
            await Note.delete().where(Note.id == id)
    assert len(seen) == len(set(seen))
    assert set(there) - gone <= set(seen)


class DueOut(msgspec.Struct, frozen=True):
    id: int
    due: str | None


class DueQuery(PageQuery, frozen=True):
    sort: Literal["due", "-due"] = "due"


async def read_due(query: DueQuery) -> Page[DueOut]:
    async def some(position: Position | None, limit: int, nulls: bool) -> list[DueOut]:
        select = Note.select(*columns(Note, DueOut))
        select = in_order(select, query.sort, position, nulls=nulls)
        return msgspec.convert(await select.limit(limit), list[DueOut])

    async def count() -> int:
        return int(await Note.count())

    return await page_with_nulls(query, str, lambda item: item.due, some, count)


@given(
    days=st.lists(st.sampled_from([None, "a", "b", "c"]), max_size=14),
    limit=st.integers(1, 5),
    sort=st.sampled_from(["due", "-due"]),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_rows_without_a_value_come_last_and_descending_first(
    engine: Engine, days: list[str | None], limit: int, sort: Literal["due", "-due"]
) -> None:
    await Note.delete(force=True)
    if days:
        await Note.insert(*(Note(text=f"{number}", due=due) for number, due in enumerate(days)))
    seen: list[DueOut] = []
    cursor = None
    while True:
        found = await read_due(DueQuery(limit=limit, cursor=cursor, sort=sort))
        assert len(found.items) == limit or found.next is None
        seen += found.items
        if (cursor := found.next) is None:
            break
    expected = sorted(seen, key=lambda item: (item.due is None, item.due or "", item.id))
    assert seen == (expected if sort == "due" else expected[::-1])
    assert sorted(item.due or "" for item in seen) == sorted(day or "" for day in days)


async def test_each_part_of_a_nullable_sort_is_a_range_of_an_index(engine: Engine) -> None:
    name = "db_note_due"
    await engine.fetch(f'CREATE INDEX "{name}" ON "db_note" ("due", "id")')
    await Note.insert(*(Note(text=f"{n}", due=None if n % 2 else f"{n % 97}") for n in range(2000)))
    if engine.engine_type == "postgres":
        await engine.fetch('ANALYZE "db_note"')
    for sort in ("due", "-due"):
        for position, nulls in ((None, False), (("50", 999), False), ((None, 999), True)):
            select = in_order(Note.select(Note.id, Note.due), sort, position, nulls=nulls)
            sql, arguments = (
                select.limit(5).querystrings[0].compile_string(engine_type=engine.engine_type)
            )
            explain = "EXPLAIN QUERY PLAN" if engine.engine_type == "sqlite" else "EXPLAIN"
            plan = str([tuple(row) for row in await engine.fetch(f"{explain} {sql}", arguments)])
            assert name in plan, plan
            assert "TEMP B-TREE" not in plan, plan
            assert "Sort" not in plan, plan


async def test_a_plain_page_refuses_a_column_that_may_be_null(engine: Engine) -> None:
    async def nothing(*_: object) -> list[DueOut]:
        return []

    async def none() -> int:
        return 0

    with pytest.raises(TypeError, match="page_with_nulls"):
        await page(DueQuery(), DueOut, nothing, none)
