"""Piccolo on PostgreSQL: a pool in each worker, time-outs on the server, no round trip on release."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from core.db.batch import Atomic, Batch
from core.db.errors import DatabaseBusy
from core.db.transaction import Transaction, in_background

SERVER_SETTINGS = {
    "application_name": "tenfold",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
    "timezone": "UTC",
}


class _Connection(asyncpg.Connection):  # type: ignore[type-arg]
    """A pooled connection. Nothing here leaves session state behind, so nothing is reset."""

    def get_reset_query(self) -> str:
        return ""


class PooledPostgres(PostgresEngine):
    """The engine for ``postgres://`` databases. ``wait``: seconds to wait for a free connection."""

    def __init__(self, url: str, *, size: int = 8, wait: float = 5.0) -> None:
        self.wait, self.size = wait, size
        self.listeners: list[Callable[[str], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__(config={"dsn": url})
        self.current_transaction: ContextVar[Transaction | None] = ContextVar(  # type: ignore[assignment]
            "postgres_transaction", default=None
        )

    async def check_version(self) -> None:
        """Ask nothing while modules are imported: the database may not be up yet."""

    async def start_connection_pool(self, **_: object) -> None:
        """Open the pool for this event loop; the first query does it too."""
        await self._pool()

    async def close_connection_pool(self) -> None:
        """Close the pool; connections still in use after five seconds are cut."""
        pool, self.pool, self._loop = self.pool, None, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), 5)
        except TimeoutError:
            pool.terminate()

    async def _pool(self) -> asyncpg.Pool:
        """Return this loop's pool. A pool of a loop that has ended is forgotten."""
        loop = asyncio.get_running_loop()
        if self.pool is None or self._loop is not loop:
            self._loop = loop
            self.pool = asyncpg.create_pool(
                self.config["dsn"],
                min_size=1,
                max_size=self.size,
                connection_class=_Connection,
                server_settings=SERVER_SETTINGS,
                statement_cache_size=512,
                timeout=self.wait,
            )
        if not self.pool._initialized:
            await self.pool
        return self.pool

    async def _take(self) -> asyncpg.Connection:
        pool = self.pool
        if pool is None or not pool._initialized or self._loop is not asyncio.get_running_loop():
            pool = await self._pool()
        try:
            return await pool.acquire(timeout=self.wait)
        except TimeoutError:
            raise DatabaseBusy("All database connections are in use.") from None

    def _give(self, connection: asyncpg.Connection) -> None:
        """Hand a connection back to its pool, whatever happens to the task that asks."""
        pool = self.pool
        if pool is not None:
            in_background(pool.release(connection))

    async def _begin(self) -> _Held:
        connection = await self._take()
        try:
            await connection.execute("BEGIN")
        except BaseException:
            in_background(_Held(self, connection).undo())
            raise
        return _Held(self, connection)

    async def fetch(self, sql: str, arguments: Sequence[Any] = ()) -> Sequence[Any]:
        """Run one statement, in the current transaction if there is one, and return its rows."""
        transaction = self.current_transaction.get()
        if transaction is not None and transaction.open:
            return await transaction.fetch(sql, arguments)
        for listener in self.listeners:
            listener(sql)
        connection = await self._take()
        try:
            rows: list[Any] = await connection.fetch(sql, *arguments)
        except BaseException:
            self._give(connection)
            raise
        assert self.pool is not None  # noqa: S101
        await self.pool.release(connection)
        return rows

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Like ``fetch``, with each row as a dictionary."""
        return [dict(row) for row in await self.fetch(sql, arguments)]

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        """Run what Piccolo built."""
        sql, arguments = querystring.compile_string(engine_type=self.engine_type)
        return await self.fetch_dicts(sql, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        """Run a statement that changes the schema."""
        return await self.fetch_dicts(ddl)

    def transform_response_to_dicts(self, results: Any) -> Any:
        """Leave the rows alone: they are dictionaries already."""
        return results

    def transaction(self, *_: object, **__: object) -> Transaction:  # type: ignore[override]
        """Return a transaction to be entered with ``async with``."""
        return Transaction(self.current_transaction, self._begin)

    def atomic(self, *_: object) -> Atomic:  # type: ignore[override]
        """Return a list of queries to be run in one transaction."""
        return Atomic(self)

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> Batch:  # type: ignore[override]
        """Return the rows of ``query`` in portions."""
        return Batch(query, batch_size)


class _Held:
    """A connection while a transaction holds it."""

    def __init__(self, engine: PooledPostgres, connection: asyncpg.Connection) -> None:
        self._engine, self._connection = engine, connection

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        for listener in self._engine.listeners:
            listener(sql)
        rows: list[Any] = await self._connection.fetch(sql, *arguments)
        return rows

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.fetch(sql, arguments)]

    def commit(self) -> asyncio.Future[None]:
        return _kept(self.keep())

    def rollback(self) -> asyncio.Future[None]:
        return _kept(self.undo())

    async def keep(self) -> None:
        try:
            await self._connection.execute("COMMIT")
        finally:
            self._engine._give(self._connection)

    async def undo(self) -> None:
        """Roll back; a connection on which even that fails is cut, not used again."""
        try:
            async with asyncio.timeout(5):
                await self._connection.execute("ROLLBACK")
        except Exception:
            self._connection.terminate()
        finally:
            self._engine._give(self._connection)


def _kept(work: Any) -> asyncio.Future[None]:
    task: asyncio.Future[None] = asyncio.ensure_future(work)
    in_background(task)
    return task
