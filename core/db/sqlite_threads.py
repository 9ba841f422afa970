"""The threads that own SQLite connections, and the work they are given."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from queue import Empty, SimpleQueue
from typing import Any

GROUP = 64
POLL = 0.0005


class Connection:
    """A writing connection. It waits for other processes by asking often, not by sleeping long."""

    def __init__(self, raw: sqlite3.Connection, wait: float) -> None:
        self._raw, self._wait = raw, wait
        self.execute = raw.execute

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._raw.in_transaction

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Let SQLite itself wait for other processes: for what cannot stand in a transaction."""
        self.execute(f"PRAGMA busy_timeout={int(self._wait * 1000)}")
        try:
            yield
        finally:
            self.execute("PRAGMA busy_timeout=0")

    def begin(self) -> None:
        """Begin a transaction that may write. Raises sqlite3.OperationalError after the wait."""
        deadline = time.monotonic() + self._wait
        while True:
            try:
                self.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(POLL)
            else:
                return

    def commit(self) -> None:
        """Commit; if that fails, nothing of the transaction stays."""
        if not self.in_transaction:
            raise sqlite3.OperationalError("The database ended the transaction by itself.")
        try:
            self.execute("COMMIT")
        except sqlite3.Error:
            self.rollback()
            raise

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        if self.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._raw.close()


class Result:
    """Work for a thread, and the future that its result goes to."""

    __slots__ = ("alone", "future", "held", "loop", "run")

    def __init__(
        self, run: Callable[[Any], Any], *, alone: bool = False, held: bool = False
    ) -> None:
        self.run = run
        self.alone = alone
        self.held = held
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()


Outcome = tuple[Result, Any, BaseException | None]


def dicts(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    """Return what is left of a cursor, each row by column name."""
    rows = cursor.fetchall()
    if not rows:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _deliver(outcomes: Iterable[Outcome]) -> None:
    for result, value, error in outcomes:
        if result.future.done():
            continue
        if error is None:
            result.future.set_result(value)
        else:
            result.future.set_exception(error)


def _answer(outcomes: list[Outcome]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        by_loop.setdefault(outcome[0].loop, []).append(outcome)
    for loop, its in by_loop.items():
        try:
            loop.call_soon_threadsafe(_deliver, its)
        except RuntimeError:
            continue  # that loop is closed: nobody waits any more


def _attempt(result: Result, connection: Any) -> Outcome:
    try:
        return result, result.run(connection), None
    except BaseException as error:
        return result, None, error


class ReaderThread:
    """A few threads with a reading connection each, fed from one queue."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], count: int) -> None:
        self._connect = connect
        self._queue: SimpleQueue[Result | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"sqlite-reader-{n}", daemon=True)
            for n in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def run(self, work: Callable[[sqlite3.Connection], Any]) -> asyncio.Future[Any]:
        """Queue a read and return its future."""
        result = Result(work)
        self._queue.put(result)
        return result.future

    def _serve(self) -> None:
        connection = self._connect()
        while (result := self._queue.get()) is not None:
            _answer([_attempt(result, connection)])
        connection.close()

    def close(self) -> None:
        """Serve what is queued, then end."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()


class WriterThread:
    """The thread with the writing connection. Statements that wait together share one commit."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], wait: float) -> None:
        self._connect, self._wait = connect, wait
        self._queue: SimpleQueue[Result | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="sqlite-writer", daemon=True)
        self._thread.start()
        self.put = self._queue.put

    def _serve(self) -> None:
        connection = Connection(self._connect(), self._wait)
        following: Result | None = None
        while (result := following or self._queue.get()) is not None:
            following = None
            if result.alone:
                with nullcontext() if result.held else connection.patient():
                    _answer([_attempt(result, connection)])
                continue
            group, following, end = self._gather(result)
            _answer(self._together(connection, group))
            if end:
                break
        connection.rollback()
        connection.close()

    def _gather(self, first: Result) -> tuple[list[Result], Result | None, bool]:
        """Collect what waits and may share a commit: the group, what follows it, whether to end."""
        group = [first]
        while len(group) < GROUP:
            try:
                result = self._queue.get_nowait()
            except Empty:
                break
            if result is None:
                return group, None, True
            if result.alone:
                return group, result, False
            group.append(result)
        return group, None, False

    def _together(self, connection: Connection, group: list[Result]) -> list[Outcome]:
        """Run the group in one transaction; if that fails as a whole, each in its own."""
        try:
            connection.begin()
            outcomes = [_attempt(result, connection) for result in group]
            connection.commit()
        except sqlite3.Error as error:
            connection.rollback()
            if len(group) == 1:
                return [(group[0], None, error)]
            return [self._together(connection, [result])[0] for result in group]
        return outcomes

    def close(self) -> None:
        """Serve what is queued, then end."""
        self._queue.put(None)
        self._thread.join()
