"""The databases that tests run on: each test once on SQLite and once on PostgreSQL.

Where no PostgreSQL answers, its half is skipped and says so; with the environment variable
``TENFOLD_TEST_REQUIRE=postgres`` it fails instead.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

DATABASES = ("sqlite", "postgres")
TRIES = 12


def postgres_server() -> str:
    """Return the URL of the PostgreSQL server to test on, without a database."""
    return os.environ.get("TENFOLD_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432").rstrip("/")


def missing(service: str, reason: str) -> None:
    """Skip the test because ``service`` is not there, or fail it where it is required."""
    required = os.environ.get("TENFOLD_TEST_REQUIRE", "").split(",")
    (pytest.fail if service in required else pytest.skip)(f"not run on {service}: {reason}")


@asynccontextmanager
async def scratch_postgres() -> AsyncIterator[str]:
    """Make a database for the length of the block and return its URL."""
    import asyncpg

    name = f"tenfold_test_{secrets.token_hex(6)}"
    server = await asyncpg.connect(f"{postgres_server()}/postgres", timeout=20)
    try:
        await server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{postgres_server()}/{name}"
        finally:
            await _drop(server, name)
    finally:
        await server.close()


async def _drop(server: Any, name: str) -> None:
    """Delete a database. Who is connected to it is thrown out, and on a busy machine goes late."""
    import asyncpg

    for _ in range(TRIES):
        with suppress(asyncpg.ObjectInUseError):  # PostgreSQL waits for five seconds
            await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
    raise RuntimeError(f"There are still connections to the database {name}.")


@pytest.fixture(scope="session", params=DATABASES)
async def database(request: pytest.FixtureRequest, tmp_path_factory: Any) -> AsyncIterator[str]:
    """Return the URL of an empty database; once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'test.db'}"
        return
    scratch = scratch_postgres()
    try:
        url = await scratch.__aenter__()
    except (TimeoutError, OSError) as error:
        missing("postgres", f"nothing answers at {postgres_server()} ({error})")
        return
    try:
        yield url
    finally:
        await scratch.__aexit__(None, None, None)


@asynccontextmanager
async def another_database(like: str, folder: Path) -> AsyncIterator[str]:
    """Return the URL of an empty database of the same kind as ``like``, for the block."""
    if like.startswith("sqlite"):
        yield f"sqlite:///{folder / 'another.db'}"
        return
    async with scratch_postgres() as url:
        yield url
