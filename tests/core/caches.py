"""Caches of workers on each kind of database, with and without Redis."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.cache.worker import Worker, caching
from core.db import engine as databases
from core.settings import CoreSettings
from core.tables import CacheChange
from tests.patience import PATIENCE


class Thing(msgspec.Struct, frozen=True):
    name: str


@pytest.fixture(params=["memory", "redis"])
async def core(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CoreSettings]:
    """Return settings with an open database that has the table of changes.

    Redis is given time: what holds when it answers late is said in test_redis.py.
    """
    monkeypatch.setattr("core.redis_client.PATIENCE", PATIENCE)
    url = "memory://"
    if request.param == "redis":
        url = request.getfixturevalue("redis_server").url
    settings = CoreSettings(database=database, data=str(tmp_path), cache=url)
    before = databases.current()
    databases.use(databases.open_engine(settings))
    await CacheChange.create_table(if_not_exists=True)
    try:
        yield settings
    finally:
        await CacheChange.delete(force=True)
        await databases.close()
        if before is not None:
            databases.use(before)


@pytest.fixture
async def here(core: CoreSettings) -> AsyncIterator[Worker]:
    async with caching(core) as opened:
        yield opened


def named() -> str:
    return f"test.{secrets.token_hex(6)}"


def found(value: Any) -> Callable[[], Awaitable[Any]]:
    async def load() -> Any:
        return value

    return load


@asynccontextmanager
async def as_another_worker(core: CoreSettings) -> AsyncIterator[Worker]:
    """Be another worker inside the block: with a memory and a view of changes of its own."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(caching(core))
