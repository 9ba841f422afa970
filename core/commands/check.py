"""``tenfold check``."""

from __future__ import annotations

import sys

import click

from core import configuration
from core.commands.running import show_problems


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
    count = f"{len(found)} complaint{'s' * (len(found) != 1)}."
    click.echo(count if found else f"All is well: {', '.join(names)}.")
    sys.exit(1 if found else 0)
