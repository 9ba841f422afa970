"""The command line of a server whose plugins bring commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core.cli import main
from core.commands.plugin_groups import groups_of_plugins


@contextmanager
def command_line(folder: Path, monkeypatch: pytest.MonkeyPatch, *plugins: str) -> Iterator[Any]:
    """Give a function that runs ``tenfold`` in ``folder``, with some plugins on."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TENFOLD_AUTH__BCRYPT_ROUNDS", "4")
    names = ", ".join(f'"{name}"' for name in plugins)
    (folder / "plugins.toml").write_text(f"enabled = [{names}]\n")
    groups_of_plugins.cache_clear()

    def run(*arguments: str, **more: Any) -> Result:
        return CliRunner().invoke(main, arguments, **more)

    yield run
    groups_of_plugins.cache_clear()


def add_user(tenfold: Any, name: str) -> None:
    """Make a user."""
    arguments = ("user", "create", "--username", name, "--email", f"{name}@example.org")
    result = tenfold(*arguments, "--password-stdin", input="correct horse battery\n")
    assert result.exit_code == 0, result.output
