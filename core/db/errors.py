"""What a database may answer instead of rows, in the same words for both."""

from __future__ import annotations

import sqlite3

import asyncpg

PASSING_POSTGRES: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
PASSING_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)


class DatabaseBusy(Exception):
    """The database could not take the work in time; the same request may succeed in a moment."""


class DatabaseAway(DatabaseBusy):
    """The database does not answer, or the connection to it was lost."""


class ConnectionLost(DatabaseAway):
    """A connection ended while it was needed; ``sent`` tells whether the statement had left."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__("The connection to the database was lost.")
        self.sent = sent


class TransactionLost(DatabaseBusy):
    """The database has ended the transaction by itself; nothing of it was kept."""

    def __init__(self) -> None:
        super().__init__("The database ended the transaction by itself.")


def is_duplicate(error: BaseException) -> bool:
    """Tell whether ``error`` says that a unique index already holds the value."""
    if isinstance(error, sqlite3.IntegrityError):
        return error.sqlite_errorcode in (
            sqlite3.SQLITE_CONSTRAINT_UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        )
    return isinstance(error, asyncpg.UniqueViolationError)


def is_null(error: BaseException) -> bool:
    """Tell whether ``error`` says that a column that must have a value would have none."""
    if isinstance(error, sqlite3.IntegrityError):
        return error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_NOTNULL
    return isinstance(error, asyncpg.NotNullViolationError)


def is_orphan(error: BaseException) -> bool:
    """Tell whether ``error`` says that a row would refer to one that is not there (any more)."""
    if isinstance(error, sqlite3.IntegrityError):
        return error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
    return isinstance(error, asyncpg.ForeignKeyViolationError)


def is_passing(error: BaseException) -> bool:
    """Tell whether ``error`` is a database that is away, busy or full, not a mistake of ours."""
    if isinstance(error, sqlite3.OperationalError):
        return code(error) in PASSING_SQLITE
    return isinstance(error, (DatabaseBusy, *PASSING_POSTGRES))


def is_damaged(error: BaseException) -> bool:
    """Tell whether ``error`` says that a SQLite file is none, or is broken."""
    return isinstance(error, sqlite3.DatabaseError) and code(error) in (
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CORRUPT,
    )


def code(error: sqlite3.Error) -> int:
    """Return the primary result code of an error; 0 when it has none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
