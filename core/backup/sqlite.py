"""Copying a SQLite database while others write to it, and putting a copy in its place."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from core.backup.archive import BackupError
from core.db.errors import code

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database. Left beside another one, it would be written into that."""


def copy(source: Path, target: Path) -> None:
    """Copy through SQLite's own backup, in one step: what is written meanwhile is not in it.

    ``cp`` of a database that is written to gives a broken one more often than not.
    """
    if not source.exists():
        raise BackupError(f"There is no database at {source}.")
    with (
        closing(sqlite3.connect(source, timeout=30)) as here,
        closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there, pages=-1)
        there.execute("PRAGMA journal_mode = DELETE")


def counts(file: Path) -> dict[str, int]:
    """Return how many rows each table has."""
    with closing(sqlite3.connect(file)) as opened:
        return {
            name: opened.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
            for name in _tables(opened)
        }


def migrations(file: Path) -> dict[str, list[str]]:
    """Return the migrations that have run, by plugin."""
    with closing(sqlite3.connect(file)) as opened:
        if "migration" not in _tables(opened):
            return {}
        found: dict[str, list[str]] = {}
        for app, name in opened.execute("SELECT app_name, name FROM migration ORDER BY name"):
            found.setdefault(app, []).append(name)
        return found


def _tables(opened: sqlite3.Connection) -> list[str]:
    """Return the tables; those that SQLite keeps for full-text indexes are left out."""
    rows = opened.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
        "AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    return [name for (name,) in rows]


def check(file: Path, expected: dict[str, int]) -> None:
    """Raise BackupError unless the database is whole, and holds what it held."""
    try:
        with closing(sqlite3.connect(file)) as opened:
            verdict = opened.execute("PRAGMA integrity_check").fetchone()[0]
            orphan = opened.execute("PRAGMA foreign_key_check").fetchone()
        found = counts(file)
    except sqlite3.DatabaseError as error:
        raise BackupError(f"The database in the backup is damaged: {error}") from error
    if verdict != "ok":
        raise BackupError(f"The database in the backup is damaged: {verdict}")
    if orphan is not None:
        raise BackupError(
            f"A row of {orphan[0]} in the backup names one of {orphan[2]} that is gone."
        )
    if found != expected:
        raise BackupError("The tables in the backup do not have the rows that the manifest says.")


def is_empty(file: Path) -> bool:
    """Tell whether there is nothing that would be lost."""
    if not file.exists() or not file.stat().st_size:
        return True
    try:
        with closing(sqlite3.connect(file)) as opened:
            return not _tables(opened)
    except sqlite3.DatabaseError:  # damaged; somebody may want to rescue what is left
        return False


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Make sure that nobody uses the database, and that no server starts meanwhile.

    Raises BackupError when somebody does.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{file}.migrating").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if file.exists():
                _require_unused(file)
        except BlockingIOError:
            raise BackupError(f"A server uses {file}. Stop it first.") from None
        yield


def _require_unused(file: Path) -> None:
    """Raise BlockingIOError when somebody has the database open, also one that is damaged."""
    try:
        _leave_wal(file)
    except sqlite3.OperationalError as error:
        if code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        raise BlockingIOError from error
    except sqlite3.DatabaseError:
        with file.open("r+b") as opened:  # who has it open in WAL mode holds a lock in it
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _leave_wal(file: Path) -> None:
    """Write everything into the file itself. SQLite does so only when nobody else has it open."""
    with closing(sqlite3.connect(file, timeout=1)) as opened:
        (mode,) = opened.execute("PRAGMA journal_mode = DELETE").fetchone()
        if mode != "delete":
            raise BlockingIOError


def swap(new: Path, file: Path, old: Path, *, keep: bool) -> None:
    """Put ``new`` in the place of ``file`` in one step; ``keep``: what was there is ``old`` then.

    What SQLite has left beside it goes away with it in any case.
    """
    if keep:
        os.link(file, old)
    for ending in BESIDE:
        with suppress(FileNotFoundError):
            Path(f"{file}{ending}").rename(f"{old}{ending}")
    new.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
