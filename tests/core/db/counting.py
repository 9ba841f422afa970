"""Run as a process of its own: many read-modify-write transactions at once on one row."""

from __future__ import annotations

import asyncio
import sys

from core.db import postgres, postgres_watch
from core.db.engine import close, locked, open_engine, transaction, use
from core.settings import CoreSettings
from tests.core.db.tables import Note

PATIENCE = 200.0
"""Seconds in which a machine gets everything done that is busy with other things, too."""


async def count() -> None:
    """Add one to the counter as naively as a plugin might."""
    async with transaction():
        (note,) = await locked(Note.objects().where(Note.text == "counter"))
        note.number += 1
        await note.save()


async def main(url: str, times: int) -> None:
    """Count and tell how often it failed."""
    postgres.CONNECT = postgres_watch.ANSWER = PATIENCE
    engine = use(open_engine(CoreSettings(database=url, database_wait=PATIENCE)))
    await engine.start_connection_pool()
    outcomes = await asyncio.gather(*(count() for _ in range(times)), return_exceptions=True)
    failures = [repr(each) for each in outcomes if each is not None]
    print(len(failures), *failures[:3])
    await close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
