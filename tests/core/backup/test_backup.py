"""A backup is whole or refused, and restoring one loses nothing that was here."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from click.testing import CliRunner, Result

from core.cli import main
from core.testing import missing, postgres_server, scratch_postgres


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A migrated database, and a file of a plugin."""
    if request.param == "sqlite":
        yield Place(tmp_path, f"sqlite:///{tmp_path / 'data' / 'tenfold.db'}")
        return
    with asyncio.Runner() as runner:
        scratch = scratch_postgres()
        try:
            url = runner.run(scratch.__aenter__())
        except OSError as error:
            missing("postgres", f"nothing answers at {postgres_server()} ({error})")
        place = Place(tmp_path, url)
        yield place
        runner.run(place.forget())
        runner.run(scratch.__aexit__(None, None, None))


class Place:
    """Where a server keeps its things, and its command line."""

    def __init__(self, folder: Path, database: str) -> None:
        self.data, self.database = folder / "data", database
        self.file = folder / "backup.zip"
        self.environment = {
            "TENFOLD_CONFIG": "/nowhere/plugins.toml",
            "TENFOLD_ENABLED": "",
            "TENFOLD_CORE__DATA": str(self.data),
            "TENFOLD_CORE__DATABASE": database,
            "TENFOLD_AUTH__BCRYPT_ROUNDS": "4",
        }
        self.ok("migrate")
        (self.data / "pictures" / "a").mkdir(parents=True)
        (self.data / "pictures" / "a" / "ä 1.png").write_bytes(b"\x89PNG" * 1000)
        (self.data / "mail").mkdir(exist_ok=True)
        (self.data / "mail" / "draft.eml").write_text("Dear Ada")
        (self.data / "pictures" / "link").symlink_to("/etc/passwd")

    def run(self, *arguments: object) -> Result:
        words = [str(each) for each in arguments]
        return CliRunner().invoke(main, words, env=self.environment)

    def ok(self, *arguments: object) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 0, done.output
        return done.output

    def refused(self, *arguments: object) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 1, (done.output, done.exception)
        return done.output

    def person(self, name: str) -> None:
        given = ("--username", name, "--email", f"{name}@example.org")
        words = ["user", "create", *given, "--password-stdin"]
        done = CliRunner().invoke(
            main, words, input="correct horse battery\n", env=self.environment
        )
        assert done.exit_code == 0, done.output

    def people(self) -> str:
        return self.ok("user", "list")

    async def forget(self) -> None:
        """Drop the databases that a restore has kept beside."""
        server = await asyncpg.connect(f"{postgres_server()}/postgres")
        name = self.database.rpartition("/")[2]
        kept = "SELECT datname FROM pg_database WHERE datname LIKE $1"
        for row in await server.fetch(kept, f"{name[:30]}%before-%"):
            await server.execute(f'DROP DATABASE "{row["datname"]}"')
        await server.close()


def rewrite(file: Path, change: dict[str, bytes]) -> Path:
    """Return a copy of a backup with some of its parts changed, put in, or (b"") left out."""
    made = file.with_name("changed.zip")
    made.unlink(missing_ok=True)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w") as new:
        parts = {name: old.read(name) for name in old.namelist()} | change
        for name, content in parts.items():
            if content:
                new.writestr(name, content)
    return made


def manifest(file: Path, **change: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as opened:
        found = msgspec.json.decode(opened.read("manifest.json"))
    return {"manifest.json": msgspec.json.encode(found | change)}


def test_what_is_restored_is_what_was_there(place: Any) -> None:
    place.person("ada")
    assert "without the secret" in place.ok("backup", "create", place.file)
    assert "is whole" in place.ok("backup", "verify", place.file)
    place.person("grace")
    (place.data / "pictures" / "a" / "ä 1.png").write_bytes(b"changed")
    (place.data / "pictures" / "later.png").write_bytes(b"later")
    assert "holds data already" in place.refused("backup", "restore", place.file)
    assert "grace" in place.people()
    told = place.ok("backup", "restore", place.file, "--force")
    assert "What was here before is kept" in told
    assert "ada" in place.people()
    assert "grace" not in place.people()
    assert (place.data / "pictures" / "a" / "ä 1.png").read_bytes() == b"\x89PNG" * 1000
    assert not (place.data / "pictures" / "later.png").exists()
    (before,) = [each for each in place.data.glob("before-*") if each.is_dir()]
    assert (before / "pictures" / "later.png").read_bytes() == b"later"
    assert "up to date" in place.ok("migrate")


def test_a_backup_is_for_its_owner_s_eyes_and_holds_no_more_than_it_should(place: Any) -> None:
    place.ok("backup", "create", place.file)
    assert stat.S_IMODE(place.file.stat().st_mode) == 0o600
    with zipfile.ZipFile(place.file) as opened:
        assert opened.namelist() == ["database", "files/pictures/a/ä 1.png", "manifest.json"]
    assert "is there already" in place.refused("backup", "create", place.file)
    assert not list(place.file.parent.glob(".*"))


def test_a_backup_is_not_put_where_the_next_one_would_hold_it(place: Any) -> None:
    inside = place.data / "backups"
    inside.mkdir()
    assert "Choose a place outside" in place.refused("backup", "create", inside / "a.zip")
    assert not list(inside.iterdir())
    place.ok("backup", "create", place.data / "a.zip")
    place.ok("backup", "create", place.file)
    with zipfile.ZipFile(place.file) as opened:
        assert "files/a.zip" not in opened.namelist()


def test_a_place_that_cannot_be_is_told_in_a_sentence(place: Any, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert f"There is no folder {nowhere}" in place.refused("backup", "create", nowhere / "a.zip")
    assert f"Error: {tmp_path}: Is a directory" in place.refused("backup", "verify", tmp_path)


def test_a_damaged_backup_is_refused_and_changes_nothing(place: Any) -> None:
    place.person("ada")
    place.ok("backup", "create", place.file)
    with zipfile.ZipFile(place.file) as opened:
        database = opened.read("database")
    evil = [{"name": "files/../../evil", "size": 1, "sha256": "x"}]
    for change in (
        {"database": database[:-100]},
        {"database": database[:5000] + b"\x55" * 100 + database[5100:]},
        {"files/pictures/a/ä 1.png": b"other"},
        {"files/pictures/a/ä 1.png": b""},
        {"files/pictures/more.png": b"more"},
        {"manifest.json": b"{}"},
        {"manifest.json": b"no json"},
        manifest(place.file, format=2),
        manifest(place.file, counts={}),
        manifest(place.file, parts=evil) | {"files/../../evil": b"x"},
    ):
        changed = rewrite(place.file, change)
        place.refused("backup", "verify", changed)
        place.refused("backup", "restore", changed, "--force")
    place.file.write_bytes(place.file.read_bytes()[:-300])
    place.refused("backup", "verify", place.file)
    place.refused("backup", "verify", place.file.with_name("nothing.zip"))
    assert "ada" in place.people()
    assert not list(place.data.glob("before-*"))
    assert not list(place.data.glob(".restoring-*"))


def test_a_flipped_bit_anywhere_is_told_in_a_sentence(place: Any) -> None:
    place.ok("backup", "create", place.file)
    sound = place.file.read_bytes()
    for where in range(50, len(sound) - 1, len(sound) // 40):
        place.file.write_bytes(sound[:where] + bytes([sound[where] ^ 4]) + sound[where + 1 :])
        done = place.run("backup", "verify", place.file)
        assert isinstance(done.exception, SystemExit | None), (where, done.exception)
        assert done.exit_code == 0 or done.output.startswith("Error: "), done.output


def test_a_backup_that_is_newer_than_the_code_is_refused(place: Any) -> None:
    place.ok("backup", "create", place.file)
    newer = rewrite(place.file, manifest(place.file, migrations={"auth": ["2099-01-01"]}))
    assert "newer than this code" in place.refused("backup", "restore", newer, "--force")


def test_a_backup_made_with_another_secret_is_refused(place: Any) -> None:
    place.ok("backup", "create", place.file, "--with-secrets")
    mine = (place.data / "secret").read_text()
    (place.data / "secret").write_text("x" * 20 + "abcdefghijklmnopqrstuvwxyz")
    assert "another secret" in place.refused("backup", "restore", place.file)
    (place.data / "secret").unlink()
    place.ok("backup", "restore", place.file, "--force")
    assert (place.data / "secret").read_text() == mine
    assert stat.S_IMODE((place.data / "secret").stat().st_mode) == 0o600


def test_the_secret_in_a_backup_takes_the_place_of_another_if_told_to(place: Any) -> None:
    place.ok("backup", "create", place.file, "--with-secrets")
    mine = (place.data / "secret").read_text()
    other = "x" * 20 + "abcdefghijklmnopqrstuvwxyz"
    (place.data / "secret").write_text(other)
    assert "--force to take the one in the backup" in place.refused("backup", "restore", place.file)
    assert (place.data / "secret").read_text() == other
    told = place.ok("backup", "restore", place.file, "--force")
    assert (place.data / "secret").read_text() == mine
    (before,) = place.data.glob("secret.*")
    assert str(before) in told
    assert before.read_text() == other
    assert stat.S_IMODE((place.data / "secret").stat().st_mode) == 0o600


def test_nothing_is_restored_under_a_running_server(place: Any) -> None:
    place.ok("backup", "create", place.file)
    if place.database.startswith("sqlite"):
        with closing(sqlite3.connect(place.data / "tenfold.db")) as held:
            held.execute("PRAGMA journal_mode = WAL")
            held.execute("SELECT count(*) FROM migration").fetchall()
            assert "Stop it first" in place.refused("backup", "restore", place.file, "--force")
        return
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(place.database))
        assert "Stop it first" in place.refused("backup", "restore", place.file, "--force")
        runner.run(connection.close())


def test_a_backup_of_another_kind_of_database_is_refused(place: Any, tmp_path: Path) -> None:
    place.ok("backup", "create", place.file)
    other = rewrite(
        place.file,
        manifest(place.file, database="postgres" if "sqlite" in place.database else "sqlite"),
    )
    assert "the settings say" in place.refused("backup", "restore", other)


def test_without_its_tools_postgres_cannot_be_backed_up(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place.database.startswith("sqlite"):
        place.environment["PATH"] = "/nowhere"
        place.ok("backup", "create", place.file)
        return
    place.environment["PATH"] = "/nowhere"
    assert "pg_dump is not installed" in place.refused("backup", "create", place.file)
    assert not place.file.exists()
