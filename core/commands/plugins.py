"""``tenfold plugins`` and ``tenfold check``."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click
import tomlkit

from core import configuration
from core.commands.running import show_problems
from core.plugins import PluginError, known, load


@click.command()
def check() -> None:
    """Say everything that is wrong with plugins.toml and the plugins; start nothing."""
    from core.check import complaints

    plugins, problems = configuration.survey()
    if problems:
        show_problems(problems)
        sys.exit(2)
    found = complaints(plugins)
    for line in found:
        click.echo(line)
    names = [plugin.name for plugin in plugins]
    click.echo(f"{len(found)} complaints." if found else f"All is well: {', '.join(names)}.")
    sys.exit(1 if found else 0)


@click.group()
def plugins() -> None:
    """See which plugins there are, and switch them on and off."""


@plugins.command("list")
def list_() -> None:
    """List the plugins, those that are on with a star."""
    on, problems = configuration.survey()
    names = {plugin.name for plugin in on}
    for name in sorted({*known(), *names} - {"core", "auth"}):
        try:
            plugin, _ = load(name)
        except PluginError as error:
            click.echo(f"! {error}")
            continue
        mark = "*" if plugin.name in names else " "
        click.echo(f"{mark} {plugin.name:12} {plugin.version:8} {plugin.description}")
    for problem in problems:
        click.echo(f"! {problem}", err=True)


@plugins.command()
@click.argument("name")
def enable(name: str) -> None:
    """Switch a plugin on, for the next start."""
    load(name)
    _edit(lambda names: names.append(name) if name not in names else None)
    click.echo(f"{name} is on. Run tenfold check, then restart.")


@plugins.command()
@click.argument("name")
def disable(name: str) -> None:
    """Switch a plugin off, for the next start. Its data stays."""

    def remove(names: list[str]) -> None:
        if name not in names:
            raise PluginError([f"{name}: is not on"])
        names.remove(name)

    _edit(remove)
    click.echo(f"{name} is off; its data stays. Run tenfold check, then restart.")


def _edit(change: Callable[[list[str]], None]) -> None:
    """Change ``enabled`` in plugins.toml and leave all else as it is written."""
    file = configuration.path()
    document = tomlkit.parse(file.read_text() if file.exists() else "enabled = []\n")
    names = document.setdefault("enabled", tomlkit.array())
    change(names)
    file.write_text(tomlkit.dumps(document))
