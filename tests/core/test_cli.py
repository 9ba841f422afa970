"""The tenfold command, as an operator types it."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.cli import main


@pytest.fixture
def tenfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs ``tenfold`` in a folder of its own, with todo on."""
    from core.db import engine

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENFOLD_AUTH__BCRYPT_ROUNDS", "4")
    Path("plugins.toml").write_text('# mine\nenabled = ["todo"] # all of them\n')
    before = engine.current()

    def run(*arguments: str, **more: Any) -> Result:
        return CliRunner().invoke(main, arguments, **more)

    yield run
    if before is not None:
        engine.use(before)


def rows(sql: str) -> list[Any]:
    with sqlite3.connect("data/tenfold.db") as connection:
        return connection.execute(sql).fetchall()


def test_check_shows_five_mistakes_and_starts_nothing(tenfold: Any) -> None:
    Path("plugins.toml").write_text(
        'enabled = ["todo", "uploadz"]\n[core]\nprot = 1\nworkers = "many"\n[nots]\nx = 1\n'
        "[auth]\naccess_minutes = 0\n"
    )
    result = tenfold("check")
    assert result.exit_code == 2
    for words in ("uploadz", "core.prot", "core.workers", "[nots]", "auth.access_minutes"):
        assert words in result.stderr
    assert "5 problems. Nothing was started." in result.stderr
    assert tenfold("serve").exit_code == 2
    assert not Path("data").exists()


def test_check_is_content_with_what_is_built_in(tenfold: Any) -> None:
    result = tenfold("check")
    assert (result.exit_code, result.stdout) == (0, "All is well: core, auth, todo.\n")


def test_migrate_runs_once(tenfold: Any) -> None:
    assert "Migrated todo" in tenfold("migrate").stdout
    assert tenfold("migrate").stdout == "The database is up to date.\n"


def test_a_plugin_is_switched_off_and_on_and_the_file_stays_as_it_is_written(tenfold: Any) -> None:
    assert "* todo" in tenfold("plugins", "list").stdout
    assert tenfold("plugins", "disable", "todo").exit_code == 0
    assert Path("plugins.toml").read_text() == "# mine\nenabled = [] # all of them\n"
    assert "  todo" in tenfold("plugins", "list").stdout
    assert tenfold("plugins", "disable", "todo").exit_code == 2
    assert tenfold("plugins", "enable", "todo").exit_code == 0
    assert Path("plugins.toml").read_text() == '# mine\nenabled = ["todo"] # all of them\n'
    assert tenfold("plugins", "enable", "tood").exit_code == 2


def test_plugins_and_settings_work_while_a_plugin_is_broken(tenfold: Any) -> None:
    Path("plugins.toml").write_text('enabled = ["broken", "todo"]\n')
    for command in (("plugins", "list"), ("settings",), ("migrate",)):
        result = tenfold(*command)
        assert result.exit_code == 0, result.output
        assert "broken: no such plugin" in result.stderr


def test_settings_tell_where_each_comes_from_and_hide_secrets(
    tenfold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENFOLD_CORE__SECRET", "0123456789abcdefghijklmnopqrstuvwxyz")
    monkeypatch.setenv("TENFOLD_CORE__DATABASE", "postgres://ada:hidden@host/db")
    shown = tenfold("settings").stdout
    assert 'secret = "****"   # $TENFOLD_CORE__SECRET' in shown
    assert 'database = "postgres://ada:****@host/db"' in shown
    assert "port = 8000   # default" in shown
    assert "hidden" not in shown
    assert "0123456789" not in shown


def test_an_admin_is_made_with_the_password_from_standard_input(tenfold: Any) -> None:
    arguments = ("user", "create", "--admin", "--username", "Ada", "--email", "ada@example.org")
    result = tenfold(*arguments, "--password-stdin", input="correct horse\n")
    assert result.exit_code == 0, result.output
    ((password, admin, active),) = rows("SELECT password, admin, active FROM auth_user")
    assert password.startswith("bcrypt-sha256$")
    assert (admin, active) == (1, 1)
    again = tenfold(*arguments, "--password-stdin", input="correct horse\n")
    assert again.exit_code == 1
    assert "already" in again.stderr
    short = tenfold(*arguments, "--password-stdin", input="short\n")
    assert short.exit_code == 1
    assert "length >= 8" in short.stderr


def test_demo_fills_the_plugins_and_may_be_repeated(tenfold: Any) -> None:
    for round in (1, 2):
        result = tenfold("demo")
        assert result.exit_code == 0, result.output
        assert rows("SELECT count(*) FROM auth_user") == [(3 * round,)]
        assert rows("SELECT count(*) FROM todo_task") == [(36 * round,)]


def test_demo_is_refused_in_production(tenfold: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENFOLD_CORE__ENVIRONMENT", "production")
    assert tenfold("demo").exit_code == 1


def test_a_database_that_is_not_there_is_a_sentence(
    tenfold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENFOLD_CORE__DATABASE", "postgres://ada:hidden@127.0.0.1:1/db")
    result = tenfold("migrate")
    assert result.exit_code == 1
    assert "The database postgres://ada:****@127.0.0.1:1/db" in result.stderr
    assert "Traceback" not in result.output


def test_a_port_in_use_is_a_sentence(tenfold: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = tenfold("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert "Address already in use. Choose another with --port." in result.stderr
    assert not Path("data/tenfold.db").exists()
