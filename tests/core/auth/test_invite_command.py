"""``tenfold user`` as it concerns mails and passwords."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core import configuration
from core.cli import main
from core.commands.running import with_database
from core.mail import read_folder
from core.tasks.settings import TasksSettings
from core.tasks.task import collect
from core.tasks.working import Runner


@pytest.fixture
def tenfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs ``tenfold user`` in a folder of its own."""
    from core.db import engine

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TENFOLD_AUTH__BCRYPT_ROUNDS", "4")
    monkeypatch.setenv("TENFOLD_CORE__PUBLIC_URL", "https://example.org/")
    Path("plugins.toml").write_text("enabled = []\n")
    before = engine.current()

    def run(*arguments: str, **more: Any) -> Result:
        return CliRunner().invoke(main, ["user", *arguments], **more)

    yield run
    if before is not None:
        engine.use(before)


def work_off() -> None:
    """Do what a runner would."""
    plugins = configuration.read()
    runner = Runner(collect(plugins), TasksSettings())
    assert with_database(plugins, runner.drain) == 1


def test_an_invitation_is_shown(tenfold: Any) -> None:
    result = tenfold("invite")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("https://example.org/account#invitation=")
    assert "Good once, until" in result.stdout
    assert read_folder(Path("data/mail")) == []


def test_an_invitation_is_mailed_to_the_one_who_may_use_it(tenfold: Any) -> None:
    result = tenfold("invite", "--email", "ada@example.org")
    assert result.exit_code == 0, result.output
    work_off()
    (mail,) = read_folder(Path("data/mail"))
    assert mail["To"] == "ada@example.org"
    assert result.stdout.splitlines()[0] in mail.get_content()


def test_nobody_is_invited_at_an_odd_address(tenfold: Any) -> None:
    result = tenfold("invite", "--email", "a@b.de, c@d.ef")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_a_weak_password_is_refused(tenfold: Any) -> None:
    arguments = ("create", "--username", "ada", "--email", "ada@example.org", "--password-stdin")
    result = tenfold(*arguments, input="password123\n")
    assert result.exit_code == 1
    assert "commonest" in result.stderr
    assert tenfold(*arguments, input="a fine password\n").exit_code == 0
