"""``tenfold notes``: an operator takes somebody's notes along, and brings some."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.core.commands import add_user, command_line
from tests.core.redis_server import own_redis
from tests.patience import PATIENCE


@pytest.fixture
def tenfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with command_line(tmp_path, monkeypatch, "notes") as run:
        add_user(run, "ada")
        add_user(run, "grace")
        yield run


def folder_of_notes() -> None:
    with zipfile.ZipFile("in.zip", "w") as archive:
        archive.writestr("Recipes/Bread.md", "# Bread\n\nrye")
        archive.writestr("Soup.md", "leek")


def test_notes_are_brought_and_taken_along(tenfold: Any) -> None:
    folder_of_notes()
    result = tenfold("notes", "import", "ada", "in.zip")
    assert result.output == "Notes added: 2; notebooks: 1.\n", result.output
    result = tenfold("notes", "export", "ada", "out.zip")
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile("out.zip") as archive:
        assert sorted(archive.namelist()) == ["Recipes/Bread 1.md", "Soup 2.md"]
        assert b"rye" in archive.read("Recipes/Bread 1.md")
    assert stat.S_IMODE(Path("out.zip").stat().st_mode) == 0o600
    again = tenfold("notes", "import", "grace", "out.zip")
    assert again.output == "Notes added: 2; notebooks: 1.\n"


def test_a_file_that_is_there_stays(tenfold: Any) -> None:
    Path("out.zip").write_text("mine")
    result = tenfold("notes", "export", "ada", "out.zip")
    assert result.exit_code == 1
    assert "File exists" in result.output
    assert Path("out.zip").read_text() == "mine"


def test_mistakes_are_sentences(tenfold: Any) -> None:
    Path("in.zip").write_text("no zip")
    result = tenfold("notes", "import", "ada", "in.zip")
    assert (result.exit_code, result.output) == (1, "Error: This is no zip file.\n")
    result = tenfold("notes", "export", "nobody", "out.zip")
    assert (result.exit_code, result.output) == (1, "Error: There is no user nobody.\n")
    assert not Path("out.zip").exists()
    assert tenfold("notes", "import", "ada", "missing.zip").exit_code == 2


@pytest.mark.parametrize("answers", [True, False])
def test_who_follows_through_redis_hears_of_it_and_a_redis_that_is_away_stops_nothing(
    tenfold: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    folder_of_notes()
    with own_redis(tmp_path) as server:
        monkeypatch.setenv("TENFOLD_CORE__CACHE", server.url)
        if answers:
            monkeypatch.setattr("core.realtime.redis_feed.PATIENCE", PATIENCE)
        else:
            server.kill()
        result = tenfold("notes", "import", "ada", "in.zip")
        assert (result.exit_code, result.stdout) == (0, "Notes added: 2; notebooks: 1.\n")
        if answers:
            with Redis.from_url(server.url) as redis:
                (stream,) = redis.keys("*:realtime")
                assert [each[b"c"] for _, each in redis.xrange(stream)][-1] == b"notes.user:1"
