"""What only one process on any host may do at a time."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import asyncpg

from core.db.engine import engine
from core.db.errors import DatabaseAway
from core.db.postgres import PooledPostgres

LOCK = 0x7E4F01D
REFUSED = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
POLL = 0.05


@asynccontextmanager
async def alone() -> AsyncIterator[None]:
    """Hold the lock that only one process on any host has; the others wait."""
    here = engine()
    if isinstance(here, PooledPostgres):
        async with _locked_on_server(here.config["dsn"], here.limits.wait):
            yield
        return
    if Path(here.path).exists() and not os.access(here.path, os.W_OK):  # noqa: ASYNC240
        raise PermissionError(errno.EACCES, "Permission denied to write", here.path)
    with Path(f"{here.path}.migrating").open("w") as file:  # noqa: ASYNC230
        while not _locked(file):  # noqa: ASYNC110
            await asyncio.sleep(POLL)
        yield


@asynccontextmanager
async def _locked_on_server(dsn: str, wait: float) -> AsyncIterator[None]:
    try:
        connection = await asyncpg.connect(dsn, timeout=wait)
    except TimeoutError:
        raise DatabaseAway(f"The database does not answer within {wait:g} s.") from None
    except OSError as error:
        raise DatabaseAway(f"The database does not answer: {error}") from error
    except REFUSED as error:
        raise DatabaseAway(f"The database lets nobody in: {error}") from error
    try:
        try:
            await connection.execute(f"SELECT pg_advisory_lock({LOCK})")
        except (
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        ) as error:
            raise DatabaseAway(f"The database gave no lock: {error}") from error
        yield
    finally:
        connection.terminate()


def _locked(file: IO[str]) -> bool:
    """Lock the file unless somebody has; asked again and again, so that a cancel is heard."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
