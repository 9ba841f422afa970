"""Search indexes for raw migrations: the database itself keeps them current.

On SQLite an FTS5 table beside the indexed one is written by triggers; it keeps no text of its own.
On PostgreSQL a generated column holds the words, under a GIN index.

Three things to know about SQLite. Adding a column keeps the triggers; a migration that rebuilds the
table (make new, copy, drop, rename) drops them with it and must call ``create_search_index`` again.
Renaming an indexed column needs the same. ``INSERT OR REPLACE`` tells no trigger what it deletes:
use ``ON CONFLICT DO UPDATE``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.db.engine import engine
from core.search.postgres import functions

MOST_COLUMNS = 4


async def create_search_index(table: str, columns: Sequence[str]) -> None:
    """Make the index over text columns of ``table`` and fill it; one that is there is made anew."""
    if not 0 < len(columns) <= MOST_COLUMNS:
        raise ValueError(f"A search index has 1 to {MOST_COLUMNS} columns; got {len(columns)}.")
    await drop_search_index(table)
    if engine().engine_type == "postgres":
        for statement in [*await _functions(), *_on_postgres(table, columns)]:
            await engine().fetch(statement)
    else:
        for statement in _on_sqlite(table, columns):
            await engine().fetch(statement)


async def drop_search_index(table: str) -> None:
    """Remove the index of ``table``, if there is one."""
    if engine().engine_type == "postgres":
        await engine().fetch(f'DROP INDEX IF EXISTS "{table}_search"')
        await engine().fetch(f'ALTER TABLE "{table}" DROP COLUMN IF EXISTS "search_vector"')
        return
    for event in ("insert", "delete", "update"):
        await engine().fetch(f'DROP TRIGGER IF EXISTS "{table}_search_{event}"')
    await engine().fetch(f'DROP TABLE IF EXISTS "{table}_search"')


async def _functions() -> list[str]:
    known = await engine().fetch("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'")
    return functions(icu=bool(known))


def _on_postgres(table: str, columns: Sequence[str]) -> Iterator[str]:
    named = ", ".join(f'"{column}"' for column in columns)
    yield (
        f'ALTER TABLE "{table}" ADD COLUMN "search_vector" tsvector'
        f" GENERATED ALWAYS AS (tenfold_search_vector({named})) STORED"
    )
    yield f'CREATE INDEX "{table}_search" ON "{table}" USING gin ("search_vector")'


def _on_sqlite(table: str, columns: Sequence[str]) -> Iterator[str]:
    index, named = f'"{table}_search"', ", ".join(f'"{column}"' for column in columns)
    old, new = (", ".join(f'{which}."{column}"' for column in columns) for which in ("old", "new"))
    forget = f"INSERT INTO {index} ({index}, rowid, {named}) VALUES ('delete', old.id, {old});"  # noqa: S608
    learn = f"INSERT INTO {index} (rowid, {named}) VALUES (new.id, {new});"  # noqa: S608
    differs = " OR ".join(f'old."{column}" IS NOT new."{column}"' for column in ("id", *columns))
    yield (
        f"CREATE VIRTUAL TABLE {index} USING fts5({named}, content='{table}', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
    )
    for event, work in (
        ("INSERT", learn),
        ("DELETE", forget),
        ("UPDATE", forget + learn),
    ):
        when = f"WHEN {differs} " if event == "UPDATE" else ""
        yield (
            f'CREATE TRIGGER "{table}_search_{event.lower()}" AFTER {event} ON "{table}" {when}'
            f"BEGIN {work} END"
        )
    yield f"INSERT INTO {index} ({index}) VALUES ('rebuild')"  # noqa: S608
