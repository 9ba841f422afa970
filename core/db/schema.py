"""What there is in the database: its tables and indexes as the database tells them."""

from __future__ import annotations

from core.db.engine import engine

SQLITE = (
    "SELECT type || ' ' || name AS what, coalesce(sql, '') AS how FROM sqlite_master"
    " WHERE tbl_name LIKE ? OR name LIKE ? ORDER BY 1"
)
COLUMNS = (
    "SELECT table_name || '.' || column_name AS what,"
    " data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') AS how"
    " FROM information_schema.columns WHERE table_schema = 'public' AND table_name LIKE $1"
    " ORDER BY 1"
)
INDEXES = (
    "SELECT 'index ' || indexname AS what, indexdef AS how FROM pg_indexes"
    " WHERE schemaname = 'public' AND tablename LIKE $1 ORDER BY 1"
)


async def schema(prefix: str) -> dict[str, str]:
    """Return what is called something that begins with ``prefix``, and how it is made."""
    here, like = engine(), f"{prefix}%"
    if here.engine_type == "sqlite":
        rows = await here.fetch_dicts(SQLITE, [like, like])
    else:
        rows = [
            *await here.fetch_dicts(COLUMNS, [like]),
            *await here.fetch_dicts(INDEXES, [like]),
        ]
    return {row["what"]: row["how"] for row in rows}
