"""What a database may answer instead of rows, in the same words for both."""

from __future__ import annotations

import sqlite3

import asyncpg

UNIQUE: tuple[type[Exception], ...] = (asyncpg.UniqueViolationError,)
GONE: tuple[type[Exception], ...] = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.ConnectionFailureError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    ConnectionError,
)
SLOW: tuple[type[Exception], ...] = (
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    TimeoutError,
)


class DatabaseBusy(Exception):
    """The database could not take the work in time; the same request may succeed in a moment."""


def is_duplicate(error: BaseException) -> bool:
    """Tell whether ``error`` says that a unique index already holds the value."""
    if isinstance(error, sqlite3.IntegrityError):
        return error.sqlite_errorcode in (
            sqlite3.SQLITE_CONSTRAINT_UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        )
    return isinstance(error, UNIQUE)


def is_null(error: BaseException) -> bool:
    """Tell whether ``error`` says that a column that must have a value would have none."""
    if isinstance(error, sqlite3.IntegrityError):
        return error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_NOTNULL
    return isinstance(error, asyncpg.NotNullViolationError)


def is_passing(error: BaseException) -> bool:
    """Tell whether ``error`` is a database that is away, busy or full, not a mistake of ours."""
    if isinstance(error, sqlite3.OperationalError):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL)
    return isinstance(error, (DatabaseBusy, *GONE, *SLOW))
