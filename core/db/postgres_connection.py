"""One connection to PostgreSQL while somebody uses it: its failures, and how it is given back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import asyncpg

from core.db.background import in_background
from core.db.errors import ConnectionLost, DatabaseBusy
from core.db.limits import Limits
from core.db.postgres_pool import Pool

GRACE = 2.0
LOST = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError)


class PlainConnection(asyncpg.Connection):  # type: ignore[type-arg,misc,unused-ignore]
    """A connection that leaves no session state behind, so that nothing need be reset."""

    def get_reset_query(self) -> str:
        """Return what is run when a connection goes back to its pool: nothing."""
        return ""


class Lease:
    """A connection on loan: from a pool, or made for one use."""

    def __init__(self, connection: Any, pool: Pool | None, limits: Limits) -> None:
        self._connection, self._pool, self._limits = connection, pool, limits

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Any:
        """Run one statement and return its rows. Raises DatabaseAway when that is impossible."""
        return await self._ask(self._connection.fetch, sql, *arguments)

    async def execute(self, sql: str) -> str:
        """Run statements without values; return what the last one says it did."""
        return str(await self._ask(self._connection.execute, sql))

    async def _ask(self, how: Callable[..., Any], *what: Any) -> Any:
        if self._is_lost():
            raise ConnectionLost(sent=False)
        try:
            return await how(*what, timeout=self._limits.statement + GRACE)
        except TimeoutError:
            raise DatabaseBusy("The database does not answer.") from None
        except asyncpg.OutdatedSchemaCacheError:
            raise
        except asyncpg.InternalClientError as error:  # half of a farewell from the server was read
            self.cut()
            raise ConnectionLost(sent="cannot switch" not in str(error)) from error
        except (*LOST, asyncpg.InterfaceError, OSError) as error:
            if isinstance(error, asyncpg.InterfaceError) and not self._is_lost():
                raise
            raise ConnectionLost(sent=True) from error

    def _is_lost(self) -> bool:
        return bool(self._connection.is_closed())

    async def give_back(self) -> None:
        """Hand the connection back, to be used again."""
        if self._pool is not None:
            usable = not self._is_lost() and not self._connection.is_in_transaction()
            self._pool.release(self._connection, usable=usable)
            return
        try:
            await self._connection.close(timeout=GRACE)
        except Exception:
            self.cut()

    def give_back_after(self, error: BaseException) -> None:
        """Hand the connection back, whatever happens to the task that asks.

        Only what the server itself has refused leaves a connection that can be used again.
        """
        if self._pool is not None:
            self._pool.release(self._connection, usable=isinstance(error, asyncpg.PostgresError))
        else:
            in_background(self.give_back())

    def cut(self) -> None:
        """End the connection at once."""
        with suppress(asyncpg.InterfaceError):
            self._connection.terminate()


class Held:
    """A connection while a transaction holds it. Its statements run one after the other."""

    def __init__(self, lease: Lease, listeners: list[Callable[[str], None]]) -> None:
        self._lease, self._listeners = lease, listeners
        self._lock = asyncio.Lock()
        self._ended = False

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Run one statement and return its rows."""
        if self._ended:
            raise RuntimeError("This transaction has ended already.")
        for listener in self._listeners:
            listener(sql)
        async with self._lock:
            rows: list[Any] = await self._lease.fetch(sql, arguments)
        return rows

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        """Run one statement and return its rows by column name."""
        return [dict(row) for row in await self.fetch(sql, arguments)]

    def control(self, *statements: str) -> asyncio.Future[None]:
        """Start statements that run to their end, whoever stops waiting for them."""
        if self._ended:
            raise RuntimeError("This transaction has ended already.")
        for listener in self._listeners:
            listener("; ".join(statements))
        return in_background(self._control("; ".join(statements)))

    async def _control(self, sql: str) -> None:
        async with self._lock:
            await self._lease.execute(sql)

    def commit(self) -> asyncio.Future[None]:
        """Start the commit and hand the connection back."""
        self._ended = True
        return in_background(self._commit())

    def rollback(self) -> asyncio.Future[None]:
        """Start the rollback and hand the connection back."""
        self._ended = True
        return in_background(self.undo())

    async def _commit(self) -> None:
        try:
            async with self._lock:
                done = await self._lease.execute("COMMIT")
        except DatabaseBusy:
            self._lease.cut()
            raise
        finally:
            await self._lease.give_back()
        if done != "COMMIT":
            raise asyncpg.InFailedSQLTransactionError(
                "A statement failed in this transaction and the error was swallowed, so PostgreSQL "
                "has undone all of it. Put what may fail inside `async with savepoint()`."
            )

    async def undo(self) -> None:
        """Roll back; a connection on which even that fails is cut, not used again."""
        try:
            async with asyncio.timeout(5), self._lock:
                await self._lease.execute("ROLLBACK")
        except Exception:
            self._lease.cut()
        finally:
            await self._lease.give_back()
