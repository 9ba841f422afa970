"""``tenfold keys``, as an operator types it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.cli import main


@pytest.fixture
def tenfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs ``tenfold`` in a folder of its own."""
    from core.db import engine

    monkeypatch.chdir(tmp_path)
    Path("plugins.toml").write_text('enabled = []\n[auth]\nalgorithm = "EdDSA"\n')
    before = engine.current()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    yield run
    if before is not None:
        engine.use(before)


def rows() -> list[Any]:
    with sqlite3.connect("data/tenfold.db") as connection:
        sql = "SELECT kid, algorithm, retired_at IS NULL FROM auth_signing_key ORDER BY id"
        return connection.execute(sql).fetchall()


def test_a_rotation_retires_the_key_before(tenfold: Any) -> None:
    first, second = tenfold("keys", "rotate"), tenfold("keys", "rotate")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    (old, algorithm, old_signs), (new, _, new_signs) = rows()
    assert (algorithm, old_signs, new_signs) == ("EdDSA", 0, 1)
    assert old in first.stdout
    assert new in second.stdout


def test_an_algorithm_that_is_not_known_starts_nothing(tenfold: Any) -> None:
    Path("plugins.toml").write_text('enabled = []\n[auth]\nalgorithm = "none"\n')
    result = tenfold("keys", "rotate")
    assert result.exit_code == 2
    assert "auth.algorithm" in result.stderr
