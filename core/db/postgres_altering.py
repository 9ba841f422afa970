"""Change columns on PostgreSQL that a generated column is made of, as that of a search index is.

The server refuses to change the type of such a column: the generated one steps aside meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from core.db.engine import engine

GENERATED = (
    "SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind,"
    " pg_get_expr(d.adbin, d.adrelid) AS made FROM pg_attribute a"
    " JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE a.attgenerated = 's' AND a.attrelid = to_regclass($1)"
)
INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = $1 AND strpos(indexdef, $2) > 0"


async def alter(
    tables: Iterable[str], change: Callable[..., Awaitable[None]], *, backwards: bool
) -> None:
    """Run ``change`` while ``tables`` have no generated columns, then make those again."""
    again = [statement for table in sorted(tables) for statement in await _aside(table)]
    await change(backwards=backwards)
    for statement in again:
        await engine().fetch(statement)


async def _aside(table: str) -> list[str]:
    """Drop the generated columns of a table, and return what makes them and their indexes again."""
    here, again = engine(), []
    for column in await here.fetch_dicts(GENERATED, [f'"{table}"']):
        name, kind, made = column["name"], column["kind"], column["made"]
        indexes = await here.fetch_dicts(INDEXES, [table, name])
        await here.fetch(f'ALTER TABLE "{table}" DROP COLUMN "{name}"')
        add = f'ALTER TABLE "{table}" ADD COLUMN "{name}" {kind}'
        again.append(f"{add} GENERATED ALWAYS AS ({made}) STORED")
        again += [index["indexdef"] for index in indexes]
    return again
