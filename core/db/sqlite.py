"""Piccolo on SQLite with connections that stay open: one writer, a few readers, short reads at once.

Piccolo's own engine opens a connection and a thread for each query, and begins transactions that
cannot wait for each other. Here one thread owns the writing connection and serves it in order of
arrival; statements that wait at the same time share one commit. See docs/decisions/0003.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from pathlib import Path
from time import monotonic
from typing import Any

from piccolo.engine.sqlite import SQLiteEngine
from piccolo.querystring import QueryString

from core.db.batch import Atomic, Batch
from core.db.converters import register
from core.db.errors import DatabaseBusy
from core.db.sqlite_threads import Connection, ReaderThread, Result, WriterThread, dicts
from core.db.transaction import Transaction

register()

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
READS = ("SELECT", "WITH")


class PooledSQLite(SQLiteEngine):
    """The engine for ``sqlite:///`` databases.

    ``wait`` is how long, in seconds, a write may wait for its turn before DatabaseBusy is raised;
    ``inline`` how long, in seconds, a read may take on the event loop's own thread before a reader
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
        self.wait, self.inline = wait, inline
        self.listeners: list[Callable[[str], None]] = []
        self.current_transaction: ContextVar[Transaction | None] = ContextVar(  # type: ignore[assignment]
            "sqlite_transaction", default=None
        )
        self._readers, self._sync = readers, sync
        self._mutex = threading.RLock()
        self._process: int | None = None
        self._local = threading.local()
        self._slow: dict[str, int] = {}

    # Connections

    def connect(self, *, writes: bool, wait: float) -> sqlite3.Connection:
        """Open a connection set up as all of ours are."""
        connection = sqlite3.connect(
            self.path,
            timeout=wait,
            isolation_level=None,
            detect_types=sqlite3.PARSE_DECLTYPES,
            cached_statements=512,
            check_same_thread=False,
        )
        if writes:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={self._sync}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-16000")
        connection.execute("PRAGMA mmap_size=268435456")
        if not writes:
            connection.execute("PRAGMA query_only=ON")
        return connection

    def _start(self) -> None:
        with self._mutex:
            if self._process == os.getpid():
                return
            self.connect(writes=True, wait=self.wait).close()
            self._busy = False
            self._waiting: deque[_Waiting] = deque()
            self._writer = WriterThread(lambda: self.connect(writes=True, wait=0), self.wait)
            self._reader = ReaderThread(
                lambda: self.connect(writes=False, wait=self.wait), self._readers
            )
            self._local = threading.local()
            self._process = os.getpid()

    async def start_connection_pool(self) -> None:
        """Open the connections; the first query does it too."""
        self._start()

    async def close_connection_pool(self) -> None:
        """Finish what is queued and close every connection."""
        if self._process != os.getpid():
            return
        self._process = None
        inline = getattr(self._local, "connection", None)
        if inline is not None:
            inline.close()
            self._local = threading.local()
        await asyncio.to_thread(self._reader.close)
        await asyncio.to_thread(self._writer.close)

    # The writing connection belongs to one transaction at a time, in order of arrival

    async def _take_writer(self) -> _Writer:
        if self._process != os.getpid():
            self._start()
        with self._mutex:
            if not self._busy:
                self._busy = True
                return _Writer(self)
            waiting = _Waiting(asyncio.get_running_loop())
            self._waiting.append(waiting)
        try:
            async with asyncio.timeout(self.wait):
                await waiting.turn
        except BaseException as error:
            self._give_up(waiting)
            if isinstance(error, TimeoutError):
                raise DatabaseBusy("Too much is being written at once.") from None
            raise
        return _Writer(self)

    def _give_up(self, waiting: _Waiting) -> None:
        with self._mutex:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            else:
                self._release_writer()

    def _release_writer(self) -> None:
        """Hand the writer to whoever has waited longest; waiting statements are queued on the way."""
        with self._mutex:
            while self._waiting:
                waiting = self._waiting.popleft()
                if waiting.statement is not None:
                    self._writer.put(waiting.statement)
                elif waiting.wake():
                    return
            self._busy = False

    # Statements

    async def _write(self, result: Result) -> Any:
        """Queue a statement of its own: at once, or behind the transactions that wait."""
        waiting = None
        with self._mutex:
            if self._busy:
                waiting = _Waiting(result.loop, result)
                self._waiting.append(waiting)
            else:
                self._writer.put(result)
        if waiting is not None:
            await self._wait_for_turn(waiting, result.future)
        return await result.future

    async def _wait_for_turn(self, waiting: _Waiting, answer: asyncio.Future[Any]) -> None:
        """Return when the statement has run; give up while it has not been handed to the writer."""
        try:
            await asyncio.wait({answer}, timeout=self.wait)
        finally:
            with self._mutex:
                still_here = waiting in self._waiting
                if still_here:
                    self._waiting.remove(waiting)
        if still_here:
            raise DatabaseBusy("Too much is being written at once.")

    async def fetch(self, sql: str, arguments: Sequence[Any] = ()) -> Sequence[Any]:
        """Run one statement, in the current transaction if there is one, and return its rows."""
        transaction = self.current_transaction.get()
        if transaction is not None and transaction.open:
            return await transaction.fetch(sql, arguments)
        return await self._fetch(sql, arguments, _tuples)

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Like ``fetch``, with each row as a dictionary."""
        transaction = self.current_transaction.get()
        if transaction is not None and transaction.open:
            return await transaction.fetch_dicts(sql, arguments)
        rows: list[dict[str, Any]] = await self._fetch(sql, arguments, dicts)
        return rows

    async def _fetch(
        self, sql: str, arguments: Sequence[Any], read: Callable[[sqlite3.Cursor], Any]
    ) -> Any:
        if self._process != os.getpid():
            self._start()
        for listener in self.listeners:
            listener(sql)
        head = sql[:8].lstrip().upper()
        if head.startswith(READS):
            if self.inline and sql not in self._slow:
                try:
                    return read(self._inline().execute(sql, arguments))
                except sqlite3.OperationalError as error:
                    self._remember(sql, error)
            return await self._reader.run(
                lambda connection: read(connection.execute(sql, arguments))
            )
        return await self._write(
            Result(
                lambda connection: read(connection.execute(sql, arguments)),
                alone=not head.startswith(WRITES),
            )
        )

    def _inline(self) -> sqlite3.Connection:
        """Return this thread's own connection, on which SQLite itself ends a read that takes long."""
        local = self._local
        connection: sqlite3.Connection | None = getattr(local, "connection", None)
        if connection is None:
            connection = local.connection = self.connect(writes=False, wait=0)
            connection.set_progress_handler(lambda: monotonic() > local.deadline, 1000)
        local.deadline = monotonic() + self.inline
        return connection

    def _remember(self, sql: str, error: sqlite3.OperationalError) -> None:
        """Send a read that was cut short to the reader threads from now on; raise other errors."""
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_INTERRUPT:
            if len(self._slow) > 1000:
                self._slow.clear()
            self._slow[sql] = 1
        elif error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise error

    # Piccolo's ways in

    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> Any:
        """Run what Piccolo built."""
        sql, arguments = querystring.compile_string(engine_type=self.engine_type)
        return await self.fetch_dicts(sql, arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> Any:
        """Run a statement that changes the schema."""
        return await self.fetch_dicts(ddl)

    def transaction(self, *_: object, **__: object) -> Transaction:  # type: ignore[override]
        """Return a transaction to be entered with ``async with``."""
        return Transaction(self.current_transaction, self._take_writer)

    def atomic(self, *_: object) -> Atomic:  # type: ignore[override]
        """Return a list of queries to be run in one transaction."""
        return Atomic(self)

    async def batch(self, query: Any, batch_size: int = 100, node: str | None = None) -> Batch:  # type: ignore[override]
        """Return the rows of ``query`` in portions."""
        return Batch(query, batch_size)


def _tuples(cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
    return cursor.fetchall()


class _Waiting:
    """A place in the queue for the writer: a transaction, or one statement."""

    def __init__(self, loop: asyncio.AbstractEventLoop, statement: Result | None = None) -> None:
        self.loop, self.statement = loop, statement
        self.turn: asyncio.Future[None] = loop.create_future()

    def wake(self) -> bool:
        """Tell the waiting task that it is its turn; False when its loop is closed."""
        try:
            self.loop.call_soon_threadsafe(self._wake)
        except RuntimeError:
            return False
        return True

    def _wake(self) -> None:
        if not self.turn.done():
            self.turn.set_result(None)


class _Writer:
    """The writing connection, while a transaction holds it. BEGIN travels with the first statement."""

    def __init__(self, engine: PooledSQLite) -> None:
        self._engine = engine
        self._begun = False

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        return await self._run(sql, arguments, _tuples)

    async def fetch_dicts(self, sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
        return await self._run(sql, arguments, dicts)

    def _run(
        self, sql: str, arguments: Sequence[Any], read: Callable[[sqlite3.Cursor], Any]
    ) -> asyncio.Future[Any]:
        for listener in self._engine.listeners:
            listener(sql)
        begin, self._begun = not self._begun, True

        def run(connection: Connection) -> Any:
            if begin:
                connection.begin()
            elif not connection.in_transaction:
                raise sqlite3.OperationalError("The database ended the transaction by itself.")
            return read(connection.execute(sql, arguments))

        return self._put(run)

    def _put(self, run: Callable[[Connection], Any]) -> asyncio.Future[Any]:
        result = Result(run, alone=True, held=True)
        self._engine._writer.put(result)
        return result.future

    def commit(self) -> asyncio.Future[None]:
        return self._end(Connection.commit)

    def rollback(self) -> asyncio.Future[None]:
        return self._end(Connection.rollback)

    def _end(self, how: Callable[[Connection], None]) -> asyncio.Future[None]:
        """Queue the end, then hand the writer on: what comes next is served after it."""
        if self._begun:
            future: asyncio.Future[None] = self._put(how)
        else:
            future = asyncio.get_running_loop().create_future()
            future.set_result(None)
        self._engine._release_writer()
        return future
