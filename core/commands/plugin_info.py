"""``tenfold plugins info``: all that one plugin brings."""

from __future__ import annotations

from collections.abc import Iterator

import click

from core.commands.one_plugin import including
from core.plugins import Plugins


@click.command()
@click.argument("name")
def info(name: str) -> None:
    """Show what a plugin brings: routes, tables, permissions, hooks, events, tasks, settings."""
    plugins, name = including(name)
    plugin = plugins[name].plugin
    click.echo(f"{plugin.title} ({plugin.name} {plugin.version}, plugin API {plugin.api})")
    click.echo(plugin.description)
    for title, lines in sections(plugins, name).items():
        if lines:
            click.echo(f"\n{title}")
            for line in lines:
                click.echo(f"   {line}")


def sections(plugins: Plugins, name: str) -> dict[str, list[str]]:
    """Return what a plugin brings, by kind."""
    from core.checks.declared import kinds_of_event
    from core.db.migrations import tables
    from core.reference import settings_of

    plugin = plugins[name].plugin
    return {
        "Requires": list(plugin.requires),
        "Routes": sorted(_routes(plugins, name)),
        "Tables": [table._meta.tablename for owner, table in tables(plugins) if owner == name],
        "Permissions": [
            f"{each.name}: {each.description} (at first: {', '.join(each.roles) or 'nobody'})"
            for each in dict(plugins.call("register_permissions")).get(name, ())
        ],
        "Hooks": plugins.hooks_of(name),
        "Events": sorted(
            kind.name() for kind in kinds_of_event() if kind.name().startswith(f"{name}.")
        ),
        "Hears": sorted(dict(plugins.call("register_handlers")).get(name, {})),
        **_declared(plugins, name),
        "Settings": list(settings_of(plugins, name)),
    }


def _routes(plugins: Plugins, name: str) -> Iterator[str]:
    from core.reference import routes

    for method, path, contract in routes(plugins, name):
        yield f"{path} {method}: {(contract and contract.permission) or 'anyone'}"


def _declared(plugins: Plugins, name: str) -> dict[str, list[str]]:
    tasks = dict(plugins.call("register_tasks")).get(name, ())
    channels = dict(plugins.call("register_channels")).get(name, ())
    return {"Tasks": [each.name for each in tasks], "Channels": sorted(channels)}
