"""A list read page by page while others write: no item twice, none left out."""

from __future__ import annotations

from typing import Literal

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import Page, PageQuery, Position, columns, in_order, page
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
