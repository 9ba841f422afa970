"""Reads on the thread that asks for them, as long as they are short."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from time import thread_time
from typing import Any

from core.db.errors import code
from core.db.sqlite_connection import Read

ELSEWHERE = frozenset({sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
REMEMBERED = 1000
AGAIN = 50
STEPS = 1000
"""Steps of SQLite's after which it is asked for the time; most reads take fewer, some 50 us."""


class ShortReads:
    """A connection for each thread that asks. SQLite itself ends a read that takes long.

    What counts is the time this thread computes, so that a busy machine does not make reads long.
    """

    def __init__(self, open_one: Callable[[], sqlite3.Connection], budget: float) -> None:
        self._open_one, self._budget = open_one, budget
        self._local = threading.local()
        self._slow: dict[str, int] = {}

    def run(self, sql: str, arguments: Sequence[Any], read: Read) -> list[Any] | None:
        """Return the rows, or None when the read has to be done elsewhere.

        A statement that was cut short is not tried here again for a while.
        """
        if not self._budget or (sql in self._slow and self._still_slow(sql)):
            return None
        try:
            cursor = self._connection().execute(sql, arguments)
            try:
                return read(cursor)  # type: ignore[no-any-return]
            finally:
                cursor.close()
        except sqlite3.OperationalError as error:
            if code(error) not in ELSEWHERE:
                raise
            if len(self._slow) >= REMEMBERED:
                self._slow.clear()
            self._slow[sql] = AGAIN
            return None

    def _still_slow(self, sql: str) -> bool:
        self._slow[sql] -= 1
        if self._slow[sql] > 0:
            return True
        del self._slow[sql]
        return False

    def _connection(self) -> sqlite3.Connection:
        local = self._local
        connection: sqlite3.Connection | None = getattr(local, "connection", None)
        if connection is None:
            connection = local.connection = self._open_one()
            connection.set_progress_handler(self._enough, STEPS)
        local.deadline = 0.0
        return connection

    def _enough(self) -> bool:
        """Tell whether the read has used up its time, which begins when it is asked for first."""
        now, local = thread_time(), self._local
        if not local.deadline:
            local.deadline = now + self._budget
        return bool(now > local.deadline)

    def close(self) -> None:
        """Close this thread's connection; those of other threads close when they end."""
        connection = getattr(self._local, "connection", None)
        self._local = threading.local()
        if connection is not None:
            connection.close()
