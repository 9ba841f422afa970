"""How a runner learns at once that there is something to do, so that it need not look all the time.

PostgreSQL tells it with the commit that leaves a task. On SQLite the number that ``PRAGMA
data_version`` gives changes with each commit of anybody else; asking it costs microseconds. Either
only wakes: a runner that was not told looks by itself, only more seldom.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import asyncpg

from core.db.engine import engine
from core.db.postgres import PooledPostgres
from core.db.sqlite_connection import connect

log = logging.getLogger("tenfold.tasks")

TOLD = "tenfold_tasks"
"""The PostgreSQL channel that is notified of what is due at once."""

TELL = f"SELECT pg_notify('{TOLD}', '')"
LOOK = 0.05
"""Seconds between two looks at an SQLite file."""
QUIET = 1.0
"""Seconds between two looks of a runner that is told, while nothing is due."""
SILENCE, PATIENCE = 20.0, 5.0
"""Seconds after which a silent PostgreSQL is asked, and that it has to answer in."""
AGAIN = 1.0


async def tell() -> None:
    """Wake the runners with the commit of the transaction around this, else now."""
    if engine().engine_type == "postgres":
        await engine().fetch(TELL)


class Waking:
    """Calls ``wake`` when there may be something new, while ``is_on``."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.is_on = False

    async def follow(self) -> None:
        """Watch for ever; again after a while when the database was away."""
        while True:
            try:
                here = engine()
                if isinstance(here, PooledPostgres):
                    await self._listen(here.config["dsn"])
                else:
                    await self._watch(str(here.path))
            except Exception as error:
                log.debug("Nobody tells of new tasks for now: %r", error)
            finally:
                self.is_on = False
            self._wake()
            await asyncio.sleep(AGAIN)

    async def _listen(self, dsn: str) -> None:
        """Return when the connection has ended."""
        connection = await asyncpg.connect(
            dsn, timeout=PATIENCE, server_settings={"application_name": "tenfold tasks"}
        )
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda *_: ended.set())
            await connection.add_listener(TOLD, lambda *_: self._wake())
            self._begin()
            while not ended.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), SILENCE)
                    return
                await connection.execute("SELECT 1", timeout=PATIENCE)
        finally:
            connection.terminate()

    async def _watch(self, path: str) -> None:
        file = connect(path, writes=False, wait=0, sync="normal")
        seen = None
        try:
            self._begin()
            while True:
                ((version,),) = file.execute("PRAGMA data_version").fetchall()
                if version != seen:
                    seen = version
                    self._wake()
                await asyncio.sleep(LOOK)
        finally:
            file.close()

    def _begin(self) -> None:
        """From now on nothing is missed; what came before is looked for once."""
        self.is_on = True
        self._wake()
