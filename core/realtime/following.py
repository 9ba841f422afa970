"""Reading new messages from the database as soon as they are there.

SQLite: the number that ``PRAGMA data_version`` gives changes with each commit of anybody else;
asking it costs microseconds. PostgreSQL: whoever commits messages notifies, in the order of the
commits, and there is one more connection to listen on. Either is done only while it is needed, and
either only wakes: the messages are read from their table, so that none is lost with a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg

from core.db.engine import Engine
from core.db.postgres import PooledPostgres
from core.db.sqlite_connection import connect
from core.realtime.store import NEWER, REACHES, TOLD, DatabaseStore, Message, run, sql

LOOK = 0.005
"""Seconds between two looks at an SQLite file."""
PORTION = 500
SILENCE = 20.0
"""Seconds after which a silent PostgreSQL is asked, so that a dead connection is noticed."""
PATIENCE = 5.0


class SQLiteFeed(DatabaseStore):
    """Messages of the workers of this machine."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def reaches(self, since: int) -> bool:
        """Tell whether everything after ``since`` is still there."""
        return await reaches(since)

    async def follow(self, after: int) -> AsyncGenerator[Sequence[Message], None]:
        """Yield messages as they come."""
        file = connect(self._path, writes=False, wait=0, sync="normal")
        newer = sql("sqlite", NEWER)
        seen = None
        try:
            while True:
                ((version,),) = file.execute("PRAGMA data_version").fetchall()
                if version != seen:
                    rows = file.execute(newer, (after, PORTION)).fetchall()
                    if rows:
                        after = rows[-1][0]
                        yield [Message(*row) for row in rows]
                    seen = version if len(rows) < PORTION else None
                await asyncio.sleep(LOOK)
        finally:
            file.close()


class PostgresFeed(DatabaseStore):
    """Messages of the workers of every host."""

    def __init__(self, here: PooledPostgres) -> None:
        self._dsn = here.config["dsn"]

    async def reaches(self, since: int) -> bool:
        """Tell whether everything after ``since`` is still there."""
        return await reaches(since)

    async def follow(self, after: int) -> AsyncGenerator[Sequence[Message], None]:
        """Yield messages as they come. The first read is behind LISTEN: nothing falls between."""
        connection = await asyncpg.connect(
            self._dsn, timeout=PATIENCE, server_settings={"application_name": "tenfold realtime"}
        )
        woken = asyncio.Event()

        def wake(*_: Any) -> None:
            woken.set()

        newer = sql("postgres", NEWER)
        try:
            await connection.add_listener(TOLD, wake)
            connection.add_termination_listener(wake)
            while True:
                woken.clear()
                rows = await connection.fetch(newer, after, PORTION, timeout=PATIENCE)
                if rows:
                    after = rows[-1][0]
                    yield [Message(*row) for row in rows]
                if len(rows) < PORTION:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(woken.wait(), SILENCE)
        finally:
            connection.terminate()


async def reaches(since: int) -> bool:
    """Tell whether no message after ``since`` was deleted."""
    ((found,),) = await run(REACHES, since + 1)
    return bool(found) or since == 0


def database_feed(here: Engine) -> SQLiteFeed | PostgresFeed:
    """Return the feed of the database in use."""
    return PostgresFeed(here) if isinstance(here, PooledPostgres) else SQLiteFeed(str(here.path))
