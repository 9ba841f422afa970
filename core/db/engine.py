"""Which database is in use, and the one way to it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from piccolo.query.methods.objects import Objects
from piccolo.query.methods.select import Select
from piccolo.table import Table

from core.db.background import background_work
from core.db.postgres import PooledPostgres
from core.db.sqlite import PooledSQLite
from core.db.transaction import Transaction
from core.settings import CoreSettings, data_folder

Engine = PooledSQLite | PooledPostgres

Q = TypeVar("Q", Select[Any], Objects[Any])

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


def current() -> Engine | None:
    """Return the engine in use, if there is one."""
    return _engine


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
    if not here.transaction_exists():
        yield
        return
    async with here.transaction():
        yield


Strength = Literal["UPDATE", "NO KEY UPDATE", "KEY SHARE"]


def locked(query: Q, strength: Strength = "UPDATE") -> Q:
    """Return ``query`` so that nobody changes its rows before the transaction around it ends.

    ``NO KEY UPDATE`` lets others refer to them meanwhile, as a foreign key does; ``KEY SHARE`` is
    what such a reference takes: nobody deletes them or holds them for ``UPDATE``. SQLite has no
    row locks and needs none: a transaction is the only one that writes.
    """
    return query if engine().engine_type == "sqlite" else query.lock_rows(strength)


async def close(timeout: float = 5) -> None:
    """Let unfinished commits end, then close the connections."""
    await background_work(timeout)
    await asyncio.shield(engine().close_connection_pool())
