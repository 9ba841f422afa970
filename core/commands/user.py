"""``tenfold user``."""

from __future__ import annotations

import sys
from functools import partial

import click
import msgspec

from core import configuration
from core.auth.schemas import Registration
from core.commands.running import prepare, with_database
from core.errors import Problem
from core.plugins import Plugins


@click.group()
def user() -> None:
    """Make users."""


@user.command()
@click.option("--username", prompt=True)
@click.option("--email", prompt=True)
@click.option("--role", "roles", multiple=True, help="A role; may be given several times.")
@click.option("--admin", is_flag=True, help="May do everything and enter the admin.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(
    username: str, email: str, roles: tuple[str, ...], admin: bool, password_stdin: bool
) -> None:
    """Make a user. The password is asked for, never an argument: those can be seen by others."""
    plugins = configuration.read()
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    given = {"username": username, "email": email, "password": password}
    try:
        new = msgspec.convert(given, Registration)
        names = {*roles, "user", *(["admin"] if admin else [])}
        id = with_database(plugins, partial(_create, plugins, new, sorted(names), admin))
    except (msgspec.ValidationError, Problem) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Made the user {username} (id {id}){', who may enter the admin' * admin}.")


async def _create(plugins: Plugins, new: Registration, roles: list[str], admin: bool) -> int:
    from core.auth import passwords
    from core.auth.service import create_user
    from core.auth.settings import AuthSettings
    from core.db.engine import transaction

    await prepare(plugins)
    passwords.rounds = plugins.settings_of(AuthSettings).bcrypt_rounds
    hashed = await passwords.hashed(new.password)
    async with transaction():
        return await create_user(new.username, new.email, hashed, roles, admin=admin)
