"""What the machine is like: the SQLite library, open files, room on the disk."""

from __future__ import annotations

import resource
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from core.doctor.findings import Finding, bad, look, ok
from core.doctor.kept import sqlite_file
from core.settings import CoreSettings
from core.web.connections import OTHER_FILES

SOUND = (3, 51, 3)
"""Before it, SQLite may damage a database in WAL mode (https://sqlite.org/wal.html#walresetbug)."""

MIB = 2**20
FULL, NEARLY_FULL = 100 * MIB, 1024 * MIB


def library(core: CoreSettings) -> Iterator[Finding]:
    """Look at the version of the SQLite library, where SQLite is used."""
    if sqlite_file(core) is None:
        return
    version, wanted = sqlite3.sqlite_version, ".".join(map(str, SOUND))
    if sqlite3.sqlite_version_info >= SOUND:
        yield ok("sqlite", f"The library is {version}.")
        return
    yield look(
        "sqlite",
        f"The library is {version}. Before {wanted} a write during a checkpoint can, very rarely, "
        "damage the database: update libsqlite3 (or the Python that brings it), and make backups.",
    )


def files(core: CoreSettings) -> Iterator[Finding]:
    """Look at how many files a worker may open: a connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = core.max_connections + OTHER_FILES
    if hard == resource.RLIM_INFINITY or hard >= wanted:
        yield ok(
            "open files", f"A worker may open enough for {core.max_connections:,} connections."
        )
        return
    grade = bad if hard < core.max_connections else look
    yield grade(
        "open files",
        f"A worker may open {hard:,} and needs {wanted:,}: raise the hard limit (ulimit -Hn, "
        "LimitNOFILE= of systemd), or lower core.max_connections.",
    )


def disk(core: CoreSettings) -> Iterator[Finding]:
    """Look at the room on the disks of the data folder and of the database."""
    places = {_there(Path(core.data))}
    if (file := sqlite_file(core)) is not None:
        places.add(_there(file.parent))
    for place in sorted(places):
        free = shutil.disk_usage(place).free
        said = f"{free // MIB:,} MiB are free at {place}."
        if free >= NEARLY_FULL:
            yield ok("disk", said)
        else:
            grade = bad if free < FULL else look
            yield grade("disk", f"{said} When it is full, nothing can be written: make room.")


def _there(folder: Path) -> Path:
    """Return the folder, or the nearest above it that there is."""
    folder = folder.absolute()
    return next(each for each in (folder, *folder.parents) if each.is_dir())
