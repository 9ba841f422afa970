"""``tenfold role``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from core import configuration
from core.commands.running import prepare, with_database
from core.errors import Problem
from core.plugins import Plugins

T = TypeVar("T")


def run(work: Callable[[Plugins], Coroutine[Any, Any, T]]) -> T:
    """Run ``work`` on the database of the configuration; a problem becomes a sentence."""
    plugins = configuration.read()

    async def prepared() -> T:
        await prepare(plugins)
        return await work(plugins)

    try:
        return with_database(plugins, prepared)
    except Problem as error:
        raise click.ClickException(error.detail) from None


@click.group()
def role() -> None:
    """See and change what roles may do. Running workers follow within a second."""


@role.command("list")
def list_() -> None:
    """List the roles, each with the permissions it holds."""
    from core.auth.authorization import grants
    from core.auth.authorization.permissions import ADMIN

    async def work(plugins: Plugins) -> None:
        for name, permissions in (await grants.held()).items():
            text = "everything" if name == ADMIN else " ".join(permissions)
            click.echo(f"{name:16} {text}".rstrip())

    run(work)


@role.command()
@click.argument("name")
def create(name: str) -> None:
    """Make a role that holds nothing yet."""
    from core.auth.authorization import grants

    run(lambda _: grants.create(name))
    click.echo(f"Made the role {name}.")


@role.command()
@click.argument("name", metavar="ROLE")
@click.argument("permission")
def grant(name: str, permission: str) -> None:
    """Let a role hold a permission."""
    from core.auth.authorization import grants
    from core.auth.authorization.permissions import declared

    async def work(plugins: Plugins) -> bool:
        known = sorted(each.name for each in declared(plugins))
        return await grants.grant(name, permission, known)

    changed = run(work)
    click.echo(f"{name} holds {permission}{'' if changed else ' already'}.")


@role.command()
@click.argument("name", metavar="ROLE")
@click.argument("permission")
def revoke(name: str, permission: str) -> None:
    """Take a permission from a role."""
    from core.auth.authorization import grants

    changed = run(lambda _: grants.take(name, permission))
    click.echo(f"{name} {'no longer holds' if changed else 'did not hold'} {permission}.")
