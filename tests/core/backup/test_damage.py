"""A backup takes the place of a SQLite database that is damaged, and of what is left of one."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.core.backup.test_backup import Place

HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1])
held.execute("PRAGMA journal_mode = WAL")
held.execute("SELECT count(*) FROM migration").fetchall()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A database with ada in it, and a backup of it."""
    place = Place(tmp_path, f"sqlite:///{tmp_path / 'data' / 'tenfold.db'}")
    place.person("ada")
    place.ok("backup", "create", place.file)
    return place


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Let another process have the database open."""
    command = [sys.executable, "-c", HOLD, str(file)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        other.communicate()


def damage(file: Path, at: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"\x55" * 4000)


@pytest.mark.parametrize("at", [0, 4096], ids=["its head", "its first table"])
def test_a_damaged_database_is_replaced_and_kept(place: Place, at: int) -> None:
    file = place.data / "tenfold.db"
    damage(file, at)
    damaged = file.read_bytes()
    assert "holds data already" in place.refused("backup", "restore", place.file)
    place.ok("backup", "restore", place.file, "--force")
    assert "ada" in place.people()
    (kept,) = place.data.glob("tenfold.db.before-*")
    assert kept.read_bytes()[100:] == damaged[100:]


def test_a_damaged_database_that_a_server_uses_is_left_alone(place: Place) -> None:
    file = place.data / "tenfold.db"
    with held(file):
        damage(file, 0)
        assert "Stop it first" in place.refused("backup", "restore", place.file, "--force")
    assert not list(place.data.glob("tenfold.db.before-*"))


def test_what_a_killed_server_has_left_is_not_written_into_what_is_restored(place: Place) -> None:
    file, left = place.data / "tenfold.db", place.data / "tenfold.db-wal"
    with closing(sqlite3.connect(file)) as opened:
        opened.execute("PRAGMA journal_mode = WAL")
        opened.execute("PRAGMA wal_autocheckpoint = 0")
        opened.execute("UPDATE auth_user SET username = 'mallory'")
        opened.commit()
        shutil.copy(left, left.with_name("kept"))
    file.unlink()
    left.with_name("kept").rename(left)
    place.ok("backup", "restore", place.file)
    assert not left.exists()
    assert "ada" in place.people()
    assert "mallory" not in place.people()


def test_a_database_that_cannot_be_opened_is_not_said_to_be_in_use(place: Place) -> None:
    file = place.data / "tenfold.db"
    file.unlink()
    file.mkdir()
    assert "unable to open" in place.refused("backup", "restore", place.file, "--force")
