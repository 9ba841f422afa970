"""Piccolo on SQLite with connections that stay open: one writer, a few readers, reads at once.

Piccolo's own engine opens a connection and a thread for each query, and begins transactions that
cannot wait for each other. Here one thread owns the writing connection and serves it in order of
arrival; statements that wait at the same time share one commit. See docs/decisions/0003.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

from piccolo.engine.exceptions import TransactionError
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.querystring import QueryString

from core.db.batch import Atomic, Batch
from core.db.converters import register
from core.db.errors import DatabaseBusy
from core.db.limits import Limits
from core.db.sqlite_connection import Read, connect, dicts, statement, tuples
from core.db.sqlite_reading import ShortReads
from core.db.sqlite_result import Result
from core.db.sqlite_threads import Readers, WriterThread
from core.db.sqlite_turns import Turns, Writer
from core.db.statements import READ, WRITE, kind
from core.db.transaction import Transaction, innermost

register()


class _Connections:
    """Every connection of this process to the file, and the threads that own them."""

    def __init__(self, path: str, limits: Limits, readers: int, sync: str, inline: float) -> None:
        self.process = os.getpid()
        open_one = partial(connect, path, sync=sync)
        writing = open_one(writes=True, wait=limits.wait)
        reading = [open_one(writes=False, wait=limits.wait) for _ in range(readers)]
        self.turns = Turns(WriterThread(writing, limits), limits)
        self.readers = Readers(reading, limits)
        self.short = ShortReads(partial(open_one, writes=False, wait=0), inline)

    async def close(self) -> None:
        """Finish what is queued and close every connection."""
        await self.turns.close()
        self.short.close()
        await asyncio.to_thread(self.readers.close)


_inherited: list[_Connections] = []
"""Connections of the process this one was forked from: SQLite forbids even closing them here."""


class PooledSQLite(SQLiteEngine):
    """The engine for ``sqlite:///`` databases.

    ``wait`` is how long, in seconds, a write may wait for its turn before DatabaseBusy is raised;
    ``inline`` how long, in seconds, a read may compute on the loop's own thread before a reader
    thread takes it over (0 switches reading on the loop off).
    """

    def __init__(
        self,
        path: str | Path,
        *,
        readers: int = 2,
        wait: float = 5.0,
        sync: str = "normal",
        inline: float = 0.002,
    ) -> None:
        super().__init__(path=str(path))
        self.limits = Limits(wait)
        self.listeners: list[Callable[[str], None]] = []
        self.current_transaction: ContextVar[Transaction | None] = ContextVar(  # type: ignore[assignment]
            "sqlite_transaction", default=None
        )
        self._settings = (readers, sync, inline)
        self._mutex = threading.Lock()
        self._connections: _Connections | None = None
        self._closed = False

    def _open(self) -> _Connections:
        here = self._connections
        if here is not None and here.process == os.getpid():
            return here
        with self._mutex:
            if self._closed:
                raise DatabaseBusy("The database is closed.")
            here = self._connections
            if here is not None and here.process != os.getpid():
                _inherited.append(here)
                here = None
            if here is None:
                here = self._connections = _Connections(self.path, self.limits, *self._settings)
            return here

    @property
    def waiting(self) -> int:
        """How many wait in this process for their turn to write."""
        return self._connections.turns.waiting if self._connections is not None else 0

    @property
    def in_use(self) -> int:
        """How many connections a query holds; here they are not handed out."""
        return 0

    async def start_connection_pool(self) -> None:
        """Open the connections; the first query does it too, but not after they were closed."""
        self._closed = False
        self._open()

    async def close_connection_pool(self) -> None:
        """Finish what is queued and close every connection."""
        self._closed = True
        here = self._connections
        if here is not None and here.process == os.getpid():
            await here.close()
            self._connections = None

    async def fetch(self, sql: str, arguments: Sequence[Any] = ()) -> Sequence[Any]:
        """Run one statement, in the current transaction if there is one, and return its rows."""
        if self.current_transaction.get() is not None:
            transaction = innermost(self.current_transaction)
            if transaction is not None:
                return await transaction.fetch(sql, arguments)
        rows: list[tuple[Any, ...]] = await self._fetch(sql, arguments, tuples)
        return rows

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Like ``fetch``, with each row as a dictionary."""
        transaction = innermost(self.current_transaction)
        if transaction is not None:
            return await transaction.fetch_dicts(sql, arguments)
        rows: list[dict[str, Any]] = await self._fetch(sql, arguments, dicts)
        return rows

    async def _fetch(self, sql: str, arguments: Sequence[Any], read: Read) -> Any:
        here = self._open()
        for listener in self.listeners:
            listener(sql)
        does = kind(sql)
        if does is READ:
            rows = here.short.run(sql, arguments, read)
            if rows is not None:
                return rows
        work = statement(sql, arguments, read)
        if does is READ:
            return await here.readers.run(work)
        loop, wait = asyncio.get_running_loop(), self.limits.wait
        return await here.turns.run(Result(work, loop, wait=wait, alone=does is not WRITE))

    async def _begin(self) -> Writer:
        return await self._open().turns.take(self.listeners)

    # Piccolo's ways in

    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> Any:
        """Run what Piccolo built."""
        sql, arguments = querystring.compile_string(engine_type=self.engine_type)
        return await self.fetch_dicts(sql, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> Any:
        """Run a statement that changes the schema.

        Ids are never given out twice, as on PostgreSQL: an old token or link must not lead to a
        new row.
        """
        return await self.fetch_dicts(
            ddl.replace(
                "INTEGER PRIMARY KEY NOT NULL", "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"
            )
        )

    def transaction_exists(self) -> bool:
        """Tell whether this code runs in a transaction."""
        return innermost(self.current_transaction) is not None

    def transaction(  # type: ignore[override]
        self, transaction_type: object = None, allow_nested: bool = True
    ) -> Transaction:
        """Return a transaction to be entered with ``async with``; every one of them may write."""
        if not allow_nested and self.transaction_exists():
            raise TransactionError("A transaction is open already.")
        return Transaction(self.current_transaction, self._begin)

    def atomic(self, *_: object) -> Atomic:  # type: ignore[override]
        """Return a list of queries to be run in one transaction."""
        return Atomic(self)

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> Batch:  # type: ignore[override]
        """Return the rows of ``query`` in portions."""
        return Batch(query, batch_size)
