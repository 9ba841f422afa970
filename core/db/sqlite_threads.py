"""The threads that own SQLite connections."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from core.db.errors import DatabaseBusy, TransactionLost
from core.db.limits import Limits
from core.db.sqlite_connection import STEPS, WritingConnection
from core.db.sqlite_result import Outcome, Result, attempt, send, wanted

GROUP = 64
PATIENCE = 3.0

Queue = SimpleQueue[Result | None]


class ReaderThread:
    """A thread with a reading connection. A read ends when it takes too long or nobody waits."""

    def __init__(self, connection: sqlite3.Connection, queue: Queue, limits: Limits) -> None:
        self._connection, self._queue, self._limits = connection, queue, limits
        self._result: Result | None = None
        self._deadline = 0.0
        self._closing = False
        connection.set_progress_handler(self._enough, STEPS)
        self._thread = threading.Thread(target=self._serve, name="sqlite-reader", daemon=True)
        self._thread.start()

    def _enough(self) -> bool:
        unwanted = self._result is not None and self._result.future.done()
        return self._closing or unwanted or time.monotonic() > self._deadline

    def _serve(self) -> None:
        while (result := self._queue.get()) is not None:
            self._result = result
            self._deadline = time.monotonic() + self._limits.statement
            send([attempt(each, self._connection) for each in wanted([result])])
            self._result = None
        self._connection.close()

    def close(self) -> None:
        """End the thread; a read that goes on is cut short."""
        self._closing = True
        self._queue.put(None)

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()


class Readers:
    """A few reading threads, fed from one queue."""

    def __init__(self, connections: list[sqlite3.Connection], limits: Limits) -> None:
        self._queue: Queue = SimpleQueue()
        self._limits = limits
        self._closed = False
        self._threads = [ReaderThread(each, self._queue, limits) for each in connections]

    async def run(self, work: Callable[[Any], Any]) -> Any:
        """Return what ``work`` returns. Raises DatabaseBusy when no thread is free in time."""
        if self._closed:
            raise DatabaseBusy("The database is closed.")
        result = Result(work, asyncio.get_running_loop(), wait=self._limits.wait)
        self._queue.put(result)
        return await result.answer()

    def close(self) -> None:
        """End the threads."""
        self._closed = True
        for thread in self._threads:
            thread.close()
        for thread in self._threads:
            thread.join()


class WriterThread:
    """The thread with the writing connection. Statements that wait together share one commit."""

    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        self._connection = WritingConnection(connection, limits)
        self._queue: Queue = SimpleQueue()
        self._lock, self._closed = threading.Lock(), False
        self._thread = threading.Thread(target=self._serve, name="sqlite-writer", daemon=True)
        self._thread.start()

    def put(self, result: Result) -> None:
        """Queue a piece of work. Raises DatabaseBusy when the thread was told to end."""
        with self._lock:
            if self._closed:
                raise DatabaseBusy("The database is closed.")
            self._queue.put(result)

    def _serve(self) -> None:
        following: deque[Result | None] = deque()
        while group := self._next(following):
            send(self._run(group))
        with suppress(sqlite3.Error):
            self._connection.rollback()
        self._connection.close()

    def _next(self, following: deque[Result | None]) -> list[Result]:
        """Return one piece of work, or several that may share a commit; nothing at the end."""
        first = following.popleft() if following else self._queue.get()
        if first is None:
            return []
        group = [first]
        while not first.alone and len(group) < GROUP and not self._queue.empty():
            result = self._queue.get()
            if result is None or result.alone:
                following.append(result)
                break
            group.append(result)
        return group

    def _run(self, group: list[Result]) -> list[Outcome]:
        live = wanted(group)
        if not live:
            return []
        try:
            if live[0].held:
                return [self._one(live[0])]
            return [self._alone(live[0])] if live[0].alone else self._together(live)
        except BaseException as error:
            return [(result, None, error) for result in live]

    def _one(self, result: Result) -> Outcome:
        self._connection.limit()
        return attempt(result, self._connection)

    def _alone(self, result: Result) -> Outcome:
        """Run what cannot stand in a transaction; it may not leave one open."""
        with self._connection.patient():
            outcome = attempt(result, self._connection)
        if self._connection.in_transaction:
            self._connection.rollback()
            raise RuntimeError("A statement cannot begin a transaction: use `transaction()`.")
        return outcome

    def _together(self, group: list[Result]) -> list[Outcome]:
        """Run the group in one transaction; if that fails as a whole, each in its own."""
        self._connection.begin(group[0].until)
        try:
            outcomes = self._whole(group)
        except Exception as error:
            self._connection.rollback()
            if len(group) == 1:
                return [(group[0], None, error)]
            return [outcome for each in group for outcome in self._by_itself(each)]
        return outcomes

    def _whole(self, group: list[Result]) -> list[Outcome]:
        outcomes = []
        for result in group:
            outcome = self._one(result)
            outcomes.append(outcome)
            if not self._connection.in_transaction:  # a full disk ends it
                raise outcome[2] or TransactionLost
        self._connection.commit()
        return outcomes

    def _by_itself(self, result: Result) -> list[Outcome]:
        try:
            return self._together([result])
        except Exception as error:
            return [(result, None, error)]

    def close(self) -> None:
        """Serve what is queued, then end; a statement that goes on for long is cut short."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join(PATIENCE)
        while self._thread.is_alive():
            self._connection.interrupt()
            self._thread.join(0.1)
