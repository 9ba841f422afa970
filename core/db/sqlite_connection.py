"""One connection to an SQLite file, and how all of ours are set up."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.db.errors import DatabaseBusy, TransactionLost, code
from core.db.limits import Limits

POLL = 0.0005
STEPS = 200_000

Read = Callable[[sqlite3.Cursor], Any]


def connect(path: str, *, writes: bool, wait: float, sync: str) -> sqlite3.Connection:
    """Open a connection set up as all of ours are. It may be used by any one thread at a time."""
    connection = sqlite3.connect(
        path,
        timeout=wait,
        isolation_level=None,
        detect_types=sqlite3.PARSE_DECLTYPES,
        cached_statements=512,
        check_same_thread=False,
    )
    connection.create_function("lower", 1, _lower, deterministic=True)
    if writes:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={sync}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-16000")
    connection.execute("PRAGMA mmap_size=268435456")
    if not writes:
        connection.execute("PRAGMA query_only=ON")
    return connection


def _lower(value: Any) -> Any:
    """Stand in for SQLite's own, which knows the letters of ASCII only."""
    return value.lower() if isinstance(value, str) else value


def statement(sql: str, arguments: Sequence[Any], read: Read) -> Callable[[Any], Any]:
    """Return what runs one statement on a connection. The cursor never stays open behind it."""

    def run(connection: Any) -> Any:
        cursor = connection.execute(sql, arguments)
        try:
            return read(cursor)
        finally:
            cursor.close()

    return run


def tuples(cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
    """Return the rows of a cursor."""
    return cursor.fetchall()


def dicts(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    """Return the rows of a cursor, each by column name."""
    rows = cursor.fetchall()
    if not rows:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in rows]


class WritingConnection:
    """A connection that writes. It waits for other processes by asking often, not by sleeping."""

    def __init__(self, raw: sqlite3.Connection, limits: Limits) -> None:
        self._raw, self._limits = raw, limits
        self._deadline = 0.0
        self.execute = raw.execute
        self.interrupt, self.close = raw.interrupt, raw.close
        raw.execute("PRAGMA busy_timeout=0")
        raw.set_progress_handler(lambda: time.monotonic() > self._deadline, STEPS)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._raw.in_transaction

    def limit(self) -> None:
        """Let SQLite end the next statement when it takes too long."""
        self._deadline = time.monotonic() + self._limits.statement

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Take as long as it needs and let SQLite itself wait: what cannot be in a transaction."""
        self.execute(f"PRAGMA busy_timeout={int(self._limits.wait * 1000)}")
        self._deadline = math.inf
        try:
            yield
        finally:
            self.execute("PRAGMA busy_timeout=0")

    def begin(self, until: float) -> None:
        """Begin a transaction that may write. Raises DatabaseBusy when that is not soon enough."""
        self.rollback()
        while True:
            try:
                self.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if code(error) != sqlite3.SQLITE_BUSY:
                    raise
                if time.monotonic() > until:
                    raise DatabaseBusy("Another process is writing.") from error
                time.sleep(POLL)
            else:
                return

    def commit(self) -> None:
        """Commit; if that fails, nothing of the transaction stays."""
        if not self.in_transaction:
            raise TransactionLost
        try:
            self.execute("COMMIT")
        except sqlite3.Error:
            self.rollback()
            raise

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        if self.in_transaction:
            self.execute("ROLLBACK")
