"""The tenfold command, as an operator types it."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.cli import main
from core.loading import built_in
from core.testing import postgres_server


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
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("All is well: core, auth, ")
    assert result.stdout.endswith(", todo.\n")


def test_a_command_loads_only_what_it_needs(tmp_path: Path) -> None:
    """What takes long to load, and is not needed to read the settings, is left for later."""
    script = (
        "import sys; from core.cli import main; main(['settings'], standalone_mode=False); "
        f"print([name for name in {SLOW} if name in sys.modules])"
    )
    settings = {"TENFOLD_ENABLED": ",".join(built_in()), "TENFOLD_CORE__DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


SLOW = ["aiocache", "black", "cryptography", "fastapi", "httpcore", "httpx", "jwt", "redis"]


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


def test_what_is_asked_of_a_plugin_wrongly_is_said_and_changes_nothing(
    tenfold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments, words in (
        (("enable", "tood"), "tood: no such plugin; did you mean 'todo'?\n"),
        (("info", "tood"), "tood: no such plugin; did you mean 'todo'?\n"),
        (("remove", "webhooks", "--yes"), "webhooks: is a part of core, which cannot be removed\n"),
        (("new", "class"), "class: is a word of Python's own; take another name\n"),
        (
            ("new", "Recipes"),
            "Recipes: is no plugin name: a-z first, then a-z, 0-9 and _, 2 to 30 in all\n",
        ),
    ):
        result = tenfold("plugins", *arguments)
        assert (result.exit_code, result.stderr) == (2, words)
    assert sorted(Path().iterdir()) == [Path("plugins.toml")]
    monkeypatch.setenv("TENFOLD_ENABLED", "todo")
    assert "$TENFOLD_ENABLED is set, and wins" in tenfold("plugins", "enable", "notes").stderr


def test_a_plugin_is_removed_by_a_yes_only(tenfold: Any) -> None:
    tenfold("migrate")
    unsaid, refused = (tenfold("plugins", "remove", "todo", input=said) for said in ("", "n\n"))
    assert unsaid.stderr == "Error: Nobody can answer here, so nothing is deleted: say --yes.\n"
    assert refused.stderr == "Error: Nothing is deleted.\n"
    assert (unsaid.exit_code, refused.exit_code) == (1, 1)
    done = tenfold("plugins", "remove", "todo", "--yes")
    assert "todo is removed and switched off.\n" in done.stdout


def test_a_command_of_a_plugin_that_cannot_be_used_says_why(tenfold: Any) -> None:
    Path("plugins.toml").write_text('enabled = ["shortener"]\n[shortener]\ncode_lenth = 7\n')
    result = tenfold("shortener", "--help")
    assert result.exit_code == 2
    assert "shortener.code_lenth: unknown setting; did you mean 'code_length'?" in result.stderr
    assert "No such command 'shortned'" in tenfold("shortned").stderr


def test_info_shows_all_that_a_plugin_brings_whether_it_is_on_or_not(tenfold: Any) -> None:
    said = tenfold("plugins", "info", "shortener").stdout
    for words in (
        "Shortener (shortener 1.0.0, plugin API 1)\nShort links and their visits.\n",
        "\nRoutes\n   /api/v1/shortener/links GET: shortener.read\n",
        "   /api/v1/shortener/shorten POST: anyone\n",
        "   /s/{code} GET: anyone\n",
        "\nTables\n   shortener_link\n",
        "   shortener.moderate: See reports and ban links (at first: nobody)\n",
        "\nHooks\n   register_tables\n",
        "\nEvents\n   shortener.",
        "\nTasks\n   shortener.",
        "\nSettings\n",
    ):
        assert words in said
    assert "\nHears\n   auth.user_registered\n" in tenfold("plugins", "info", "todo").stdout
    assert Path("plugins.toml").read_text().startswith('# mine\nenabled = ["todo"]')


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"enabled = [", "plugins.toml: "),
        (b'enabled = "todo"', "enabled: must be a list of names"),
        (b"\xff", "plugins.toml: is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_stays_as_it_is_written(
    tenfold: Any, written: bytes, words: str
) -> None:
    Path("plugins.toml").write_bytes(written)
    for command in (("plugins", "enable", "notes"), ("plugins", "disable", "todo"), ("settings",)):
        result = tenfold(*command)
        assert result.exit_code == (0 if words.startswith("enabled") and len(command) == 1 else 2)
        assert words in result.stderr
    assert Path("plugins.toml").read_bytes() == written


def test_a_file_that_may_not_be_written_is_a_sentence(tenfold: Any) -> None:
    Path("plugins.toml").unlink()
    Path("plugins.toml").mkdir()
    result = tenfold("plugins", "enable", "todo")
    assert result.exit_code == 1
    assert "plugins.toml" in result.stderr
    assert "Is a directory" in result.stderr


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


@pytest.mark.parametrize(
    ("user", "name", "words"),
    [("postgres", "nowhere", '"nowhere" does not exist'), ("nobody", "postgres", "nobody")],
)
def test_a_server_that_does_not_know_the_database_or_the_user_is_a_sentence(
    tenfold: Any, monkeypatch: pytest.MonkeyPatch, user: str, name: str, words: str
) -> None:
    host = postgres_server().rpartition("@")[2]
    monkeypatch.setenv("TENFOLD_CORE__DATABASE", f"postgres://{user}:hidden@{host}/{name}")
    result = tenfold("migrate")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert f"The database postgres://{user}:****@{host}/{name}: " in result.stderr
    assert words in result.stderr


def test_a_damaged_database_is_a_sentence_that_says_how_to_mend_it(tenfold: Any) -> None:
    Path("data").mkdir(mode=0o700)
    Path("data/tenfold.db").write_bytes(b"no database" * 1000)
    result = tenfold("serve", "--trial")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "file is not a database" in result.stderr
    assert "tenfold backup restore FILE --force" in result.stderr
    assert "tenfold backup restore FILE --force" in tenfold("doctor").stdout


def test_a_database_that_may_not_be_written_is_not_served(
    tenfold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tenfold("migrate").exit_code == 0
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    result = tenfold("serve", "--trial")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "tenfold.db: Permission denied to write." in result.stderr
    assert "You may not write data/tenfold.db" in tenfold("doctor").stdout


def test_a_port_in_use_is_a_sentence(tenfold: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = tenfold("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert "Address already in use. Choose another with --port." in result.stderr
    assert not Path("data/tenfold.db").exists()


def test_a_worker_may_be_what_is_started_first(
    tenfold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    working: list[str] = []
    monkeypatch.setattr("core.tasks.runner.main", working.append)
    done = tenfold("worker")
    assert done.exit_code == 0, done.output
    assert "Migrated todo" in done.output
    assert working == [str(Path("plugins.toml").absolute())]
    assert rows("SELECT count(*) FROM core_cache_change") == [(0,)]
