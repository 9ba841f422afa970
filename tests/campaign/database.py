"""The database behind a deployment, looked at from outside."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import asyncpg


async def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Run one statement with the driver itself."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)) as file:
            return file.execute(sql).fetchall()
    server = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await server.fetch(sql)]
    finally:
        await server.close()


async def titles(url: str) -> list[str]:
    """Return the titles of all tasks."""
    return [title for (title,) in await rows(url, "SELECT title FROM todo_task")]


async def sound(url: str) -> bool:
    """Tell whether the file is whole and every task has its project."""
    orphans = "SELECT count(*) FROM todo_task WHERE project NOT IN (SELECT id FROM todo_project)"
    whole = True
    if url.startswith("sqlite:///"):
        whole = await rows(url, "PRAGMA integrity_check") == [("ok",)]
    return whole and await rows(url, orphans) == [(0,)]


async def connections(url: str) -> dict[str, int]:
    """Return how many connections the server has to PostgreSQL, by what they do; {} on SQLite."""
    if url.startswith("sqlite:///"):
        return {}
    found = await rows(
        url,
        "SELECT state, count(*) FROM pg_stat_activity WHERE application_name = 'tenfold' "
        "AND datname = current_database() GROUP BY state",
    )
    return {str(state): int(number) for state, number in found}
