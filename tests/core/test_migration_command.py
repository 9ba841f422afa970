"""``tenfold plugins migration``: the next migration of a plugin, written for its author."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.commands import command_line
from tests.core.packages import package, write

__all__ = ["package"]

PLUGIN = """
from core import Plugin, hookimpl
PLUGIN = Plugin(name="acme", title="Acme")

@hookimpl
def register_tables():
    return "acme.piccolo_app"
"""
APP = """
from pathlib import Path
from piccolo.conf.apps import AppConfig
from acme.tables import Thing

APP_CONFIG = AppConfig(
    "acme", migrations_folder_path=str(Path(__file__).parent / "migrations"), table_classes=[Thing]
)
"""
TABLES = """
from piccolo.columns import Integer, Text
from piccolo.table import Table

class Thing(Table, tablename="acme_thing"):
    {column} = {kind}
"""


@pytest.fixture
def tenfold(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    write(package, "acme", plugin=PLUGIN, piccolo_app=APP)
    with command_line(tmp_path, monkeypatch, "acme.plugin") as run:

        def changed(column: str, kind: str, *arguments: str, **more: Any) -> Any:
            tables = package / "acme" / "tables.py"
            tables.write_text(TABLES.format(column=column, kind=kind))
            tables.touch()
            for name in [name for name in sys.modules if name.startswith("acme")]:
                del sys.modules[name]
            return run("plugins", "migration", "acme", *arguments, **more)

        changed.run = run  # type: ignore[attr-defined]
        yield changed


@pytest.fixture(autouse=True)
def no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def last() -> str:
    return sorted(Path("acme/migrations").glob("acme_*.py"))[-1].read_text()


def test_what_changed_is_written_and_what_did_not_is_said(tenfold: Any) -> None:
    assert "Wrote acme/migrations/acme_" in tenfold("name", "Text()").output
    assert 'tablename="acme_thing"' in last()
    assert tenfold("name", "Text()").output == "The migrations of acme tell all already.\n"


@pytest.mark.parametrize(("answer", "written"), [("y", "rename_column"), ("n", "drop_column")])
def test_a_question_is_seen_and_answered(tenfold: Any, answer: str, written: str) -> None:
    tenfold("name", "Text()")
    result = tenfold("title", "Text()", input=f"{answer}\n")
    assert result.exit_code == 0, result.output
    question = "Did you rename the `name` column to `title` on the `Thing` table?"
    assert question in result.stderr
    assert f"manager.{written}(" in last()


def test_a_question_that_nobody_answers_is_told_and_nothing_is_written(tenfold: Any) -> None:
    tenfold("name", "Text()")
    before = last()
    result = tenfold("title", "Text()", input="")
    assert result.exit_code == 1
    assert "Did you rename the `name` column" in result.stderr
    assert "pipe an answer (y or n) for each question" in result.stderr
    assert last() == before


def test_one_is_written_by_hand_and_runs(tenfold: Any) -> None:
    tenfold("name", "Text()")
    result = tenfold("name", "Text()", "--by-hand", "--description", 'a "new" index')
    assert result.output.endswith("; say in it what to do.\n")
    assert "add_raw_backwards(undo)" in last()
    assert r'DESCRIPTION = "a \"new\" index"' in last()
    migrated = tenfold.run("migrate").output
    assert migrated.count("Migrated acme: ") == 2


def test_check_names_a_migration_that_cannot_be_run(tenfold: Any) -> None:
    tenfold("name", "Text()")
    tenfold("name", "Text()", "--by-hand")
    file = sorted(Path("acme/migrations").glob("acme_*.py"))[-1]
    file.write_text(file.read_text().replace("SELECT 1", "SELECT none"))
    said = tenfold.run("check").output
    assert f"acme: {file}  cannot be run on SQLite: no such column: none\n" in said


def test_a_column_that_changes_is_migrated_with_what_it_holds(tenfold: Any) -> None:
    tenfold("number", "Integer()")
    tenfold.run("migrate")
    tenfold("number", "Integer(null=True, default=None)")
    assert "manager.alter_column(" in last()
    assert "differ from its migrations" not in tenfold.run("check").output
    assert tenfold.run("migrate").output.endswith("1 migrations ran.\n")
