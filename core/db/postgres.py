"""Piccolo on PostgreSQL: a pool in each worker, time-outs, no round trip on release."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import asyncpg
from piccolo.engine.exceptions import TransactionError
from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString

from core.db.background import in_background
from core.db.batch import Atomic, Batch
from core.db.errors import ConnectionLost, DatabaseAway, DatabaseBusy
from core.db.limits import Limits
from core.db.postgres_connection import Held, Lease, PlainConnection
from core.db.postgres_pool import Pool
from core.db.statements import READ, kind
from core.db.transaction import Transaction, innermost

CLOSING = 5.0
CONNECT = 2.0
"""Seconds the server has to let a connection in."""
NO_LIMITS = "; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"


class PooledPostgres(PostgresEngine):
    """The engine for ``postgres://`` databases. ``wait``: seconds to wait for a free connection.

    An event loop that was not told to ``start_connection_pool`` makes a connection for each use.
    """

    def __init__(self, url: str, *, size: int = 8, wait: float = 5.0) -> None:
        self.limits, self.size = Limits(wait), size
        self.listeners: list[Callable[[str], None]] = []
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        super().__init__(config={"dsn": url})
        self.current_transaction: ContextVar[Transaction | None] = ContextVar(  # type: ignore[assignment]
            "postgres_transaction", default=None
        )

    async def check_version(self) -> None:
        """Ask nothing while modules are imported: the database may not be up yet."""

    def _settings(self) -> dict[str, Any]:
        return {
            "dsn": self.config["dsn"],
            "connection_class": PlainConnection,
            "statement_cache_size": 512,
            "timeout": min(self.limits.wait, CONNECT),
            "server_settings": {
                "application_name": "tenfold",
                "statement_timeout": str(int(self.limits.statement * 1000)),
                "lock_timeout": str(int(self.limits.wait * 1000)),
                "idle_in_transaction_session_timeout": "15000",
                "timezone": "UTC",
            },
        }

    @property
    def waiting(self) -> int:
        """How many wait in this process for a free connection."""
        return sum(pool.waiting for pool in self._pools.values())

    @property
    def in_use(self) -> int:
        """How many connections of this process are in use."""
        return sum(pool.in_use for pool in self._pools.values())

    async def start_connection_pool(self, **_: object) -> None:
        """Keep connections open for this event loop. None is made yet."""
        loop = asyncio.get_running_loop()
        self._pools = {each: pool for each, pool in self._pools.items() if not each.is_closed()}
        if loop not in self._pools:
            self._pools[loop] = Pool(self.size, self._settings())

    async def close_connection_pool(self) -> None:
        """Close this event loop's pool; connections in use after five seconds are cut."""
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        if pool is not None:
            await pool.close(CLOSING)

    async def _take(self) -> Lease:
        pool = self._pools.get(asyncio.get_running_loop())
        try:
            if pool is not None:
                connection: Any = await pool.acquire(self.limits.wait)
            else:
                connection = await asyncpg.connect(**self._settings())
        except TimeoutError:
            raise DatabaseBusy("No database connection was free in time.") from None
        except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
            raise DatabaseAway(f"The database lets nobody in: {error}") from error
        return Lease(connection, pool, self.limits)

    async def _begin(self) -> Held:
        for _ in range(self.size):
            try:
                return await self._begin_once()
            except ConnectionLost:  # one that ended while nobody used it; nothing has happened yet
                continue
        return await self._begin_once()

    async def _begin_once(self) -> Held:
        lease = await self._take()
        held = Held(lease, self.listeners)
        try:
            await lease.execute("BEGIN" + NO_LIMITS * self.limits.are_lifted)
        except BaseException:
            in_background(held.undo())
            raise
        return held

    async def fetch(self, sql: str, arguments: Sequence[Any] = ()) -> Sequence[Any]:
        """Run one statement, in the current transaction if there is one, and return its rows."""
        transaction = innermost(self.current_transaction)
        if transaction is not None:
            return await transaction.fetch(sql, arguments)
        for listener in self.listeners:
            listener(sql)
        for _ in range(self.size):
            try:
                return await self._fetch(sql, arguments)
            except ConnectionLost as error:
                if error.sent and kind(sql) is not READ:  # it may have happened: not twice
                    raise
        return await self._fetch(sql, arguments)

    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        lease = await self._take()
        try:
            rows: list[Any] = await lease.fetch(sql, arguments)
        except BaseException as error:
            lease.give_back_after(error)
            raise
        await lease.give_back()
        return rows

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Like ``fetch``, with each row as a dictionary."""
        return [dict(row) for row in await self.fetch(sql, arguments)]

    # Piccolo's ways in

    async def get_version(self) -> float:
        """Return the server's version."""
        ((version,),) = await self.fetch("SHOW server_version")
        return self._parse_raw_version_string(version)

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

    def transaction_exists(self) -> bool:
        """Tell whether this code runs in a transaction."""
        return innermost(self.current_transaction) is not None

    def transaction(self, allow_nested: bool = True) -> Transaction:  # type: ignore[override]
        """Return a transaction to be entered with ``async with``."""
        if not allow_nested and self.transaction_exists():
            raise TransactionError("A transaction is open already.")
        return Transaction(self.current_transaction, self._begin)

    def atomic(self, *_: object) -> Atomic:  # type: ignore[override]
        """Return a list of queries to be run in one transaction."""
        return Atomic(self)

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> Batch:  # type: ignore[override]
        """Return the rows of ``query`` in portions."""
        return Batch(query, batch_size)
