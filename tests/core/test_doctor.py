"""``tenfold doctor`` says what an operator should mend, and changes nothing."""

from __future__ import annotations

import asyncio
import errno
import resource
import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.auth.tokens.secret import secret_of
from core.doctor import examining, machine
from core.settings import CoreSettings
from core.testing import missing, scratch_postgres
from tests.core.commands import command_line
from tests.ports import free_port

Usage = namedtuple("Usage", "total used free")
SOUND = ".".join(map(str, machine.SOUND))


@pytest.fixture
def tenfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with command_line(tmp_path, monkeypatch, "todo") as run:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", machine.SOUND)
        monkeypatch.setattr(sqlite3, "sqlite_version", SOUND)
        yield run


@pytest.fixture
def served(tenfold: Any) -> Any:
    """Return the command line of a server that was started before."""
    start(tenfold)
    return tenfold


def start(tenfold: Any) -> None:
    """Leave what a server leaves that was started."""
    result = tenfold("migrate")
    assert result.exit_code == 0, result.output
    secret_of(CoreSettings())


def examined(tenfold: Any) -> tuple[int, dict[str, str]]:
    """Return the exit code, and what was not well: ``{what: grade}``."""
    result = tenfold("doctor")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    found = [line.split() for line in result.output.splitlines()[:-1]]
    return result.exit_code, {what: grade for grade, what, *_ in found if grade != "ok"}


def said(tenfold: Any, what: str) -> str:
    (line,) = [each for each in tenfold("doctor").output.splitlines() if each[6:].startswith(what)]
    return str(line)


def test_all_is_well_where_a_server_was_started(served: Any) -> None:
    assert examined(served) == (0, {})
    assert served("doctor").output.endswith("0 bad, 0 to look at.\n")


def test_where_nothing_is_yet_nothing_is_made(tenfold: Any) -> None:
    assert examined(tenfold) == (0, {"data": "look", "secret": "look", "database": "look"})
    assert not Path("data").exists()


def test_production_needs_tls_and_mail(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENFOLD_CORE__ENVIRONMENT", "production")
    assert examined(served) == (1, {"public_url": "bad", "mail": "bad"})
    monkeypatch.setenv("TENFOLD_CORE__PUBLIC_URL", "https://example.org")
    monkeypatch.setenv("TENFOLD_CORE__MAIL", "smtp://tenfold:hidden@mail.example.org:587")
    assert examined(served) == (0, {"proxies": "look"})
    assert "500 of a worker's 1,000 connections" in said(served, "proxies")
    monkeypatch.setenv("TENFOLD_CORE__TRUSTED_PROXIES", '["10.0.0.0/8"]')
    assert examined(served) == (0, {})
    monkeypatch.setenv("TENFOLD_CORE__ENVIRONMENT", "development")
    assert examined(served) == (0, {"environment": "look"})
    assert "hidden" not in served("doctor").output


def test_in_production_users_must_not_reach_the_servers_own_network(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENFOLD_CORE__OUTGOING_PRIVATE", "true")
    assert examined(served) == (0, {})
    monkeypatch.setenv("TENFOLD_CORE__ENVIRONMENT", "production")
    assert "outgoing_private" in said(served, "outgoing")


def test_nobody_else_may_read_the_secret_or_the_data(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("data").chmod(0o755)
    Path("data/secret").chmod(0o644)
    assert examined(served) == (1, {"data": "bad", "secret": "bad"})
    assert said(served, "secret").endswith("chmod 600 data/secret")
    Path("data").chmod(0o750)
    monkeypatch.setenv("TENFOLD_CORE__SECRET", "aaaa")
    assert examined(served) == (1, {"data": "look", "secret": "bad"})
    monkeypatch.setenv("TENFOLD_CORE__SECRET", "0123456789abcdefghijklmnopqrstuvwxyz")
    assert examined(served) == (0, {"data": "look"})


def test_a_database_outside_the_data_folder_is_looked_at_as_well(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("other").mkdir()
    for each in Path("data").glob("tenfold.db*"):  # what is not written into the file yet, too
        shutil.move(each, f"other/{each.name.replace('tenfold', 'x')}")
    Path("other/x.db").chmod(0o644)
    monkeypatch.setenv("TENFOLD_CORE__DATABASE", "sqlite:///other/x.db")
    assert examined(served) == (1, {"data": "bad"})
    for each in Path("other").glob("x.db-*"):
        each.unlink()
    Path("other/x.db").write_text("This is no database, however long it may be looked at." * 99)
    Path("other/x.db").chmod(0o600)
    assert examined(served) == (1, {"database": "bad"})


def test_an_old_library_of_sqlite_is_told(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.51.2")
    assert examined(served) == (0, {"sqlite": "look"})
    assert "3.51.2" in said(served, "sqlite")


@pytest.mark.parametrize(
    ("hard", "expected"),
    [
        (999, (1, {"open": "bad"})),
        (1000, (0, {"open": "look"})),
        (1300, (0, {})),
        (resource.RLIM_INFINITY, (0, {})),
    ],
)
def test_each_connection_is_an_open_file(
    served: Any, monkeypatch: pytest.MonkeyPatch, hard: int, expected: Any
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (hard, hard))
    assert examined(served) == expected


@pytest.mark.parametrize(
    ("free", "expected"), [(99, (1, {"disk": "bad"})), (1023, (0, {"disk": "look"}))]
)
def test_a_disk_that_is_nearly_full_is_told(
    served: Any, monkeypatch: pytest.MonkeyPatch, free: int, expected: Any
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(0, 0, free * machine.MIB))
    assert examined(served) == expected


def test_who_does_not_answer_is_told_without_passwords(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("TENFOLD_CORE__DATABASE", f"postgres://ada:hidden@127.0.0.1:{port}/x")
    monkeypatch.setenv("TENFOLD_CORE__CACHE", f"redis://:hidden@127.0.0.1:{port}/0")
    assert examined(served) == (1, {"database": "bad", "redis": "bad"})
    assert "hidden" not in served("doctor").output


def test_migrations_that_have_not_run_and_tasks_that_were_given_up_are_told(served: Any) -> None:
    with sqlite3.connect("data/tenfold.db") as database:
        database.execute(
            "INSERT INTO tasks_task (name, payload, run_at, attempts, state, claimed_by,"
            " last_error, created_at) VALUES ('todo.tidy', '', '2026-01-01', 8, 'dead', '', 'x',"
            " '2026-01-01')"
        )
    Path("plugins.toml").write_text('enabled = ["todo", "notes"]\n')
    assert examined(served) == (0, {"migrations": "look", "tasks": "look"})
    assert "(notes): tenfold migrate" in said(served, "migrations")


def test_tasks_that_wait_for_a_plugin_that_is_off_are_told(served: Any) -> None:
    with sqlite3.connect("data/tenfold.db") as database:
        database.execute(
            "INSERT INTO tasks_task (name, payload, run_at, attempts, state, claimed_by,"
            " last_error, created_at) VALUES ('shop.ship', '', '2026-01-01', 0, 'waiting', '', '',"
            " '2026-01-01')"
        )
    assert examined(served) == (0, {"waiting": "look"})
    assert "No plugin that is on does shop.ship: switch it on" in said(served, "waiting")


def test_another_user_than_the_servers_is_told_so(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(core: CoreSettings) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", "data/secret")

    monkeypatch.setattr(examining, "LOOKS", (closed,))
    assert examined(served) == (1, {"user": "bad"})


def test_mistakes_in_the_settings_come_first(tenfold: Any) -> None:
    Path("plugins.toml").write_text("[core]\nprot = 1\n")
    result = tenfold("doctor")
    assert result.exit_code == 2
    assert "core.prot: unknown setting" in result.stderr


async def test_it_reads_postgresql_and_counts_its_connections(
    tenfold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENFOLD_CORE__WORKERS", "1")
    try:
        async with scratch_postgres() as url:
            monkeypatch.setenv("TENFOLD_CORE__DATABASE", url)
            assert (await asyncio.to_thread(examined, tenfold))[1]["migrations"] == "look"
            await asyncio.to_thread(start, tenfold)
            assert await asyncio.to_thread(examined, tenfold) == (0, {})
            monkeypatch.setenv("TENFOLD_CORE__WORKERS", "200")
            assert await asyncio.to_thread(examined, tenfold) == (0, {"connections": "look"})
    except (TimeoutError, OSError) as error:
        missing("postgres", f"nothing answers ({error})")
