"""``tenfold plugins remove``: take a plugin's tables and rows out of the database."""

from __future__ import annotations

from functools import partial

import click

from core import configuration
from core.commands.one_plugin import including
from core.commands.plugins import switch_off
from core.commands.running import with_database
from core.plugins import OWN, PluginError, Plugins


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> None:
    """Delete all that a plugin keeps, by undoing its migrations, and switch it off.

    Works for a plugin that is off, too. There is no way back but a backup.
    """
    plugins, own = including(name)
    refuse_own(own)
    refuse_needed(plugins, own)
    found = with_database(plugins, partial(holdings, plugins, own))
    for line in found:
        click.echo(line)
    if not found:
        click.echo(f"{own} keeps nothing in this database.")
    elif not yes:
        agreed()
    for id in with_database(plugins, partial(clear, plugins, own)):
        click.echo(f"Undone {own}: {id}")
    switched = switch_off(name) or switch_off(own)
    click.echo(f"{own} is removed{' and switched off' if switched else ''}.")


def agreed() -> None:
    """Ask whether all may go. Raises click.ClickException for a no, and where nobody can answer."""
    try:
        if click.confirm("Delete all of this for ever?"):
            return
    except click.Abort:
        told = "Nobody can answer here, so nothing is deleted: say --yes."
        raise click.ClickException(told) from None
    raise click.ClickException("Nothing is deleted.")


def refuse_own(name: str) -> None:
    """Raise PluginError for what is core's own: it is always on, and all else stands on it."""
    if name in OWN:
        raise PluginError([f"{name}: is a part of core, which cannot be removed"])


def refuse_needed(plugins: Plugins, name: str) -> None:
    """Raise PluginError if an enabled plugin requires this one."""
    enabled = {plugin.name for plugin in configuration.survey()[0]}
    needed_by = [each.name for each in plugins if name in each.requires and each.name in enabled]
    if needed_by:
        raise PluginError([f"{name}: is required by {', '.join(needed_by)}; remove that first"])


async def holdings(plugins: Plugins, name: str) -> list[str]:
    """Return a line for each table of a plugin that is in the database."""
    from core.db.migrations import tables

    return [
        f"   {table._meta.tablename}: {await table.count()} rows"
        for owner, table in tables(plugins)
        if owner == name and await table.table_exists()
    ]


async def clear(plugins: Plugins, name: str) -> list[str]:
    """Undo a plugin's migrations and forget its permissions and tasks; return the migrations."""
    from core.auth.tables import KnownPermission, RolePermission
    from core.db.alone import alone
    from core.db.engine import transaction
    from core.db.migrations import reverse
    from core.tasks.tables import QueuedTask, Schedule

    async with alone(), transaction():
        undone = await reverse(plugins, name)
        for table, column in (
            (RolePermission, RolePermission.permission),
            (KnownPermission, KnownPermission.name),
            (QueuedTask, QueuedTask.name),
            (Schedule, Schedule.name),
        ):
            if await table.table_exists():
                await table.delete().where(column.like(f"{name}.%"))
    return undone
