"""Many visits written at once. A link that is gone meanwhile takes its visits with it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from core import compiled, compiled_one, transaction

from ..tables import Salt, VisitCount
from .clients import PERSON

Fetch = Callable[[str, Sequence[Any]], Awaitable[Sequence[Any]]]

Told = tuple[int, int, str, str, str, str]
"""Kind, visitor, referrer, country, device, browser."""

Row = tuple[int, int, int, int, str, str, str, str]
"""Link, seconds since 1970, and what is told of the visitor."""


@dataclass(frozen=True)
class Batch:
    """Visits that are written together; ``writer`` and ``number`` tell it from all others."""

    writer: str
    number: int
    rows: Sequence[Row]


BLOCKS = (250, 100, 50)
"""Rows that SQLite takes at once as bound values, which costs it a third of reading JSON.

The few that are left come as JSON: a statement for each number of rows is dear to prepare.
"""


@dataclass(frozen=True)
class Insert:
    """Writes rows that begin with the id of a link, those whose link is still there.

    ``kinds``: of the columns behind that id.
    """

    into: str
    kinds: tuple[type, ...]
    end: str = ""

    @cached_property
    def blocks(self) -> dict[int, str]:
        """For SQLite: as many rows as make a block, each value bound."""
        row = f"({', '.join('?' * (len(self.kinds) + 1))})"
        columns = ", ".join(f"v.column{place + 2}" for place in range(len(self.kinds)))
        join = 'v JOIN "shortener_link" l ON l."id" = v.column1'
        return {
            size: self._sql(columns, f"(VALUES {', '.join([row] * size)}) {join}")
            for size in BLOCKS
        }

    @cached_property
    def any_number(self) -> str:
        """For SQLite: any number of rows as JSON."""
        columns = ", ".join(f"v.value->>{place + 1}" for place in range(len(self.kinds)))
        return self._sql(columns, JOIN["sqlite"])

    @cached_property
    def postgres(self) -> str:
        """For PostgreSQL: any number of rows as JSON."""
        columns = ", ".join(
            f"(v.value->>{place + 1}){'::bigint' if kind is int else ''}"
            for place, kind in enumerate(self.kinds)
        )
        return self._sql(columns, JOIN["postgres"])

    def _sql(self, columns: str, source: str) -> str:
        return f'{self.into} SELECT l."id", {columns} FROM {source} WHERE true{self.end}'  # noqa: S608

    async def run(self, fetch: Fetch, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write the rows in the transaction that ``fetch`` belongs to."""
        sqlite, first = engine_type() == "sqlite", 0
        for size in BLOCKS if sqlite else ():
            while len(rows) - first >= size:
                values = [*chain.from_iterable(rows[first : first + size])]
                await fetch(self.blocks[size], values)
                first += size
        if first < len(rows):
            text = msgspec.json.encode(rows[first:]).decode()
            await fetch(self.any_number if sqlite else self.postgres, [text])


JOIN = {
    "sqlite": 'json_each(?) v JOIN "shortener_link" l ON l."id" = v.value->>0',
    "postgres": (
        'json_array_elements($1::json) v JOIN "shortener_link" l ON l."id" = (v.value->>0)::int'
    ),
}
VISITS = Insert(
    'INSERT INTO "shortener_visit" '
    '("link", "at", "kind", "visitor", "referrer", "country", "device", "browser")',
    (int, int, int, str, str, str, str),
)
COUNTS = Insert(
    'INSERT INTO "shortener_visit_count" ("link", "people", "programs")',
    (int, int),
    ' ORDER BY l."id" ON CONFLICT ("link") DO UPDATE SET '
    '"people" = "shortener_visit_count"."people" + excluded."people", '
    '"programs" = "shortener_visit_count"."programs" + excluded."programs"',
)


def engine_type() -> str:
    """Return which kind of database is in use."""
    return VisitCount._meta.db.engine_type


async def write(rows: Sequence[Row]) -> None:
    """Write visits, and count them, in one transaction."""
    async with transaction() as here:
        await _write(here.fetch, rows)


async def write_once(batch: Batch) -> None:
    """Write a batch, unless that was done before: how a commit ended is not always known."""
    async with transaction() as here:
        if await _is_new(batch.writer, batch.number, int(time.time())):
            await _write(here.fetch, batch.rows)


async def _write(fetch: Fetch, rows: Sequence[Row]) -> None:
    counts = Counter((row[0], row[2] == PERSON) for row in rows)
    links = sorted({link for link, _ in counts})
    totals = [(link, counts[link, True], counts[link, False]) for link in links]
    await VISITS.run(fetch, rows)
    await COUNTS.run(fetch, totals)


@compiled_one(int)
def _is_new(writer: str, number: int, now: int) -> Any:
    """Note that a batch is written; return nothing if it was before.

    Who still writes it, on a connection that broke, is waited for.
    """
    return QueryString(
        'INSERT INTO "shortener_visit_writer" ("name", "batch", "at") VALUES ({}, {}, {}) '
        'ON CONFLICT ("name") DO UPDATE SET "batch" = excluded."batch", "at" = excluded."at" '
        'WHERE "shortener_visit_writer"."batch" < excluded."batch" RETURNING id',
        writer,
        number,
        now,
    )


async def salt_of(day: date, new: bytes) -> bytes:
    """Return what visitors are hashed with that day; ``new`` is used if there is nothing yet."""
    await _add_salt(day, new)
    (row,) = await Salt.select(Salt.salt).where(Salt.day == day)
    return bytes(row["salt"])


@compiled(int)
def _add_salt(day: date, salt: bytes) -> Any:
    return QueryString(
        'INSERT INTO "shortener_salt" ("day", "salt") VALUES ({}, {}) '
        "ON CONFLICT DO NOTHING RETURNING id",
        day,
        salt,
    )
