"""``tenfold shortener``: an operator takes somebody's links along, and takes links over."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.commands import add_user, command_line

from .test_bulk import BITLY, SHLINK, YOURLS


@pytest.fixture
def tenfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("TENFOLD_CORE__PUBLIC_URL", "https://example.net")
    with command_line(tmp_path, monkeypatch, "shortener") as run:
        add_user(run, "ada")
        yield run


def take(tenfold: Any, origin: str, text: str) -> Any:
    Path("in.csv").write_text(text)
    return tenfold("shortener", "import", "ada", "in.csv", "--from", origin)


def test_links_are_taken_over_and_taken_along(tenfold: Any) -> None:
    assert take(tenfold, "bitly", BITLY).output == "Links made: 2; refused: 0.\n"
    assert take(tenfold, "yourls", YOURLS).output == "Links made: 2; refused: 0.\n"
    result = take(tenfold, "shlink", SHLINK)
    assert result.stdout == "Links made: 1; refused: 1.\n"
    assert result.stderr.startswith("! line 3: ")
    result = tenfold("shortener", "export", "ada", "out.csv")
    assert result.exit_code == 0, result.output
    with Path("out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5
    assert rows[0]["short_url"] == "https://example.net/s/Spring24"


def test_more_than_a_request_may_have_is_taken_over(tenfold: Any) -> None:
    lines = "".join(f"https://example.com/{number}\n" for number in range(1100))
    assert take(tenfold, "tenfold", f"url\n{lines}").output.startswith("Links made: 1,100;")


def test_mistakes_are_sentences(tenfold: Any) -> None:
    assert "The first line must name the columns" in take(tenfold, "bitly", "nothing\n").output
    Path("in.csv").write_bytes(b"\xff\xfe\x00")
    result = tenfold("shortener", "import", "ada", "in.csv", "--from", "bitly")
    assert result.exit_code == 1
    assert "cannot be read as UTF-8" in result.output
    result = tenfold("shortener", "export", "nobody", "out.csv")
    assert (result.exit_code, result.output) == (1, "Error: There is no user nobody.\n")
    assert tenfold("shortener", "import", "ada", "in.csv", "--from", "excel").exit_code == 2


def test_what_a_command_does_is_told_to_webhooks(tenfold: Any) -> None:
    with sqlite3.connect("data/tenfold.db") as database:
        database.execute(
            "INSERT INTO webhooks_webhook"
            " (owner, url, description, events, active, created_at, updated_at, version)"
            " VALUES (1, 'https://example.org', '', '[\"shortener.*\"]', 1, '2026-01-01',"
            " '2026-01-01', 1)"
        )
    take(tenfold, "bitly", BITLY)
    with sqlite3.connect("data/tenfold.db") as database:
        told = database.execute("SELECT event FROM webhooks_delivery").fetchall()
    assert told == [("shortener.link_created",)] * 2
