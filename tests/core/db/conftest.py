"""An engine on each kind of database, without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.db import engine as databases
from core.db.engine import Engine, transaction
from core.db.postgres import PooledPostgres
from core.db.sqlite import PooledSQLite
from core.repeating import resting
from core.settings import CoreSettings
from tests.core.db.tables import Note

WAIT = 1.0
"""What an engine waits that is to tell soon that it waits no longer: see ``impatient``."""
PATIENCE = 30.0
"""What all others wait, and tests for what is to happen: more than a busy machine may take."""

SLOW = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < {}) "
    "SELECT max(x) m FROM c"
)
ENDLESS = SLOW.format(10**12)


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[Engine]:
    """Use ``engine`` with an empty table for notes, and the one before it afterwards."""
    before = databases.current()
    with resting():
        databases.use(engine)
        try:
            await engine.start_connection_pool()
            await engine.fetch('DROP TABLE IF EXISTS "db_note"')
            await Note.create_table()
            yield engine
            await engine.start_connection_pool()
            await engine.fetch('DROP TABLE "db_note"')
        finally:
            await databases.close()
            if before is not None:
                databases.use(before)


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    """Return an engine; the test runs on each kind of database."""
    settings = CoreSettings(database=database, database_wait=PATIENCE, database_pool=4)
    async with opened(databases.open_engine(settings)) as engine:
        yield engine


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[PooledSQLite]:
    """Return an engine on an SQLite file."""
    engine = PooledSQLite(tmp_path / "notes.db", wait=PATIENCE)
    async with opened(engine):
        yield engine


@pytest.fixture
async def postgres() -> AsyncIterator[PooledPostgres]:
    """Return an engine on a PostgreSQL database with a pool of two."""
    from core.testing import missing, postgres_server, scratch_postgres

    try:
        async with scratch_postgres() as url:
            engine = PooledPostgres(url, size=2, wait=PATIENCE)
            async with opened(engine):
                yield engine
    except OSError as error:
        missing("postgres", f"nothing answers at {postgres_server()} ({error})")


async def impatient(engine: Engine) -> None:
    """Let an engine wait a second at most from now on."""
    engine.limits.wait = WAIT
    await engine.close_connection_pool()
    await engine.start_connection_pool()


async def texts() -> set[str]:
    """Return what is written down."""
    return set(await Note.select(Note.text).output(as_list=True))


async def write(text: str, number: int = 0) -> None:
    """Write something down."""
    await Note.insert(Note(text=text, number=number))


async def write_in_transaction(text: str) -> None:
    """Write something down in a transaction of its own."""
    async with transaction():
        await write(text)
