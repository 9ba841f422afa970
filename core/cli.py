"""The ``tenfold`` command: a table of its subcommands."""

from __future__ import annotations

from typing import Any

import click

from core import configuration
from core.commands.backup import backup
from core.commands.check import check
from core.commands.database import demo, migrate
from core.commands.doctor import doctor
from core.commands.keys import keys
from core.commands.plugin_groups import groups_of_plugins
from core.commands.plugin_info import info
from core.commands.plugin_new import migration, new
from core.commands.plugin_removal import remove
from core.commands.plugins import plugins
from core.commands.role import role
from core.commands.running import show_problems
from core.commands.serve import serve
from core.commands.settings import settings
from core.commands.tasks import tasks
from core.commands.user import user
from core.commands.worker import worker
from core.configuration import Unusable
from core.plugins import PluginError


class Cli(click.Group):
    """Shows problems as lines, never as a trace. Plugins have commands in a group of their own."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of core's commands and of the plugins that have some."""
        return [*super().list_commands(context), *groups_of_plugins()]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return core's command of that name, else a plugin's group."""
        found = super().get_command(context, name) or groups_of_plugins().get(name)
        if found is None and name in configuration.enabled_names():
            configuration.read()  # says what keeps the plugin from being used
        return found

    def invoke(self, context: click.Context) -> Any:
        """Run a command and turn what an operator can mend into sentences."""
        try:
            return super().invoke(context)
        except Unusable as error:
            show_problems(error.problems)
            context.exit(2)
        except PluginError as error:
            for problem in error.problems:
                click.echo(problem, err=True)
            context.exit(2)
        except OSError as error:
            if error.filename is None:
                raise
            raise click.FileError(str(error.filename), error.strerror) from error


@click.group(cls=Cli)
@click.version_option(package_name="tenfold", message="%(prog)s %(version)s")
def main() -> None:
    """Tenfold: a modular backend. What runs is written in plugins.toml."""


for command in (
    serve,
    check,
    doctor,
    migrate,
    plugins,
    settings,
    user,
    keys,
    role,
    tasks,
    worker,
    backup,
    demo,
):
    main.add_command(command)

for command in (new, info, migration, remove):
    plugins.add_command(command)
