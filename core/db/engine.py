"""Which database is in use, and the one way to it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from piccolo.table import Table

from core.db.postgres import PooledPostgres
from core.db.sqlite import PooledSQLite
from core.db.transaction import Transaction, background_work
from core.settings import CoreSettings, data_folder

Engine = PooledSQLite | PooledPostgres

os.environ.setdefault("PICCOLO_CONF", "core.db.piccolo_conf")

_engine: Engine | None = None


def url_of(core: CoreSettings) -> str:
    """Return the database's URL; without a setting, ``tenfold.db`` in the data folder."""
    return core.database or f"sqlite:///{data_folder(core) / 'tenfold.db'}"


def open_engine(core: CoreSettings) -> Engine:
    """Return the engine that the settings ask for. Nothing is connected yet.

    ``sqlite:///data/x.db`` is relative to the current folder, ``sqlite:////srv/x.db`` absolute.
    """
    url = url_of(core)
    if url.startswith("sqlite:///"):
        file = Path(url.removeprefix("sqlite:///"))
        file.parent.mkdir(parents=True, exist_ok=True)
        return PooledSQLite(file, wait=core.database_wait, sync=core.database_sync)
    return PooledPostgres(url, size=core.database_pool, wait=core.database_wait)


def use(engine: Engine) -> Engine:
    """Make every Piccolo table speak to ``engine`` from now on."""
    global _engine
    _engine = engine
    waiting: list[type[Table]] = [Table]
    while waiting:
        table = waiting.pop()
        table._meta._db = None
        waiting += table.__subclasses__()
    return engine


def engine() -> Engine:
    """Return the engine in use. Raises RuntimeError before ``use``."""
    if _engine is None:
        raise RuntimeError("No database is open yet: call use(open_engine(settings)) first.")
    return _engine


def transaction() -> Transaction:
    """Begin one unit of work: ``async with transaction(): ...``. See core/db/transaction.py."""
    return engine().transaction()


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Let a failure inside undo only this part of the transaction around it.

    Without a transaction around it this costs nothing: a single statement is whole by itself.
    """
    here = engine()
    around = here.current_transaction.get()
    if around is None or not around.open:
        yield
        return
    async with here.transaction():
        yield


@contextmanager
def queries() -> Iterator[list[str]]:
    """Collect the SQL that runs inside the block, in any task of this process."""
    seen: list[str] = []
    here = engine()
    here.listeners.append(seen.append)
    try:
        yield seen
    finally:
        here.listeners.remove(seen.append)


async def close(timeout: float = 5) -> None:
    """Let unfinished commits end, then close the connections."""
    await background_work(timeout)
    await asyncio.shield(engine().close_connection_pool())
