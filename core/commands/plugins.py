"""``tenfold plugins``: which there are, on and off."""

from __future__ import annotations

import os
from collections.abc import Callable

import click

from core import configuration
from core.loading import known, load
from core.plugins import OWN, PluginError


@click.group()
def plugins() -> None:
    """See which plugins there are, and switch them on and off."""


@plugins.command("list")
def list_() -> None:
    """List the plugins, those that are on with a star."""
    on, problems = configuration.survey()
    names = {plugin.name for plugin in on}
    for name in sorted({*known(), *names} - set(OWN)):
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
    _say_what_wins()


@plugins.command()
@click.argument("name")
def disable(name: str) -> None:
    """Switch a plugin off, for the next start. Its data stays."""
    if not switch_off(name):
        raise PluginError([f"{name}: is not on"])
    click.echo(f"{name} is off; its data stays. Run tenfold check, then restart.")
    _say_what_wins()


def switch_off(name: str) -> bool:
    """Take a plugin out of ``enabled``; False if it is not there."""
    found = False

    def take_out(names: list[str]) -> None:
        nonlocal found
        found = name in names
        if found:
            names.remove(name)

    _edit(take_out)
    return found


def _edit(change: Callable[[list[str]], None]) -> None:
    """Change ``enabled`` in plugins.toml and leave all else as it is written."""
    import tomlkit

    file = configuration.path()
    configuration.written_names(file)
    document = tomlkit.parse(file.read_text("utf-8") if file.exists() else "enabled = []\n")
    names = document.setdefault("enabled", tomlkit.array())
    change(names)
    file.write_text(tomlkit.dumps(document), "utf-8")


def _say_what_wins() -> None:
    if "TENFOLD_ENABLED" in os.environ:
        click.echo("! $TENFOLD_ENABLED is set, and wins over what is written.", err=True)
