"""The ``tenfold`` command: a table of its subcommands."""

from __future__ import annotations

from typing import Any

import click

from core.commands.database import demo, migrate
from core.commands.keys import keys
from core.commands.plugins import check, plugins
from core.commands.role import role
from core.commands.running import show_problems
from core.commands.serve import serve
from core.commands.settings import settings
from core.commands.user import user
from core.plugins import PluginError


class Cli(click.Group):
    """Shows problems as lines, never as a trace."""

    def invoke(self, context: click.Context) -> Any:
        """Run a command and turn what an operator can mend into sentences."""
        try:
            return super().invoke(context)
        except PluginError as error:
            show_problems(error.problems)
            context.exit(2)


@click.group(cls=Cli)
@click.version_option(package_name="tenfold", message="%(prog)s %(version)s")
def main() -> None:
    """Tenfold: a modular backend. What runs is written in plugins.toml."""


for command in (serve, check, migrate, plugins, settings, user, keys, role, demo):
    main.add_command(command)
