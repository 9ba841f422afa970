"""``tenfold user list``, ``roles``, ``deactivate`` and ``activate``."""

from __future__ import annotations

import click

from core.commands.role import run
from core.plugins import Plugins


@click.command("list")
def list_users() -> None:
    """List the users with their roles."""
    from core.auth.authorization import roles

    for row in run(lambda _: roles.users()):
        off = "" if row["active"] else "  (switched off)"
        names = " ".join(row["roles"])
        click.echo(f"{row['id']:6}  {row['username']:20}  {row['email']:30}  {names}{off}")


@click.command("roles")
@click.argument("username")
@click.option("--add", multiple=True, help="A role to give; may be given several times.")
@click.option("--remove", multiple=True, help="A role to take; may be given several times.")
def change_roles(username: str, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    """Give a user roles, and take others."""
    from core.auth.authorization import roles

    async def work(_: Plugins) -> list[str]:
        user = await roles.find(username)
        if add or remove:
            await roles.change(user, add=add, remove=remove)
        return await roles.of(user)

    click.echo(f"{username}: {' '.join(run(work)) or 'no roles'}")


@click.command()
@click.argument("username")
def deactivate(username: str) -> None:
    """Switch an account off; it is signed out everywhere."""
    _switch(username, active=False)
    click.echo(f"{username} is switched off and signed out.")


@click.command()
@click.argument("username")
def activate(username: str) -> None:
    """Switch an account on again."""
    _switch(username, active=True)
    click.echo(f"{username} may sign in.")


def _switch(username: str, *, active: bool) -> None:
    from core.auth.authorization import roles

    async def work(_: Plugins) -> None:
        await roles.switch(await roles.find(username), active=active)

    run(work)
