"""``tenfold user``."""

from __future__ import annotations

import sys
from functools import partial

import click
import msgspec

from core import configuration
from core.auth.schemas.accounts import Registration
from core.auth.schemas.mail import InvitationOut, NewInvitation
from core.commands.accounts import activate, change_roles, deactivate, list_users
from core.commands.running import heard, prepare, with_database
from core.configuration import core_settings
from core.errors import Problem
from core.plugins import Plugins


@click.group()
def user() -> None:
    """Make, invite and list users, change their roles, switch them off and on."""


for command in (list_users, change_roles, deactivate, activate):
    user.add_command(command)


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


@user.command()
@click.option("--email", help="Only this address may use it, and it is mailed there.")
def invite(email: str | None) -> None:
    """Make an invitation and show its link, which lets one person register."""
    plugins = configuration.read()
    try:
        new = msgspec.convert({"email": email}, NewInvitation)
        made = with_database(plugins, partial(_invite, plugins, new.email))
    except (msgspec.ValidationError, Problem) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{made.link}\nGood once, until {made.expires_at:%Y-%m-%d %H:%M} UTC.")


async def _invite(plugins: Plugins, email: str | None) -> InvitationOut:
    from core.auth.accounts.invitations import invite
    from core.auth.realm import open_realm
    from core.auth.settings import AuthSettings

    await prepare(plugins)
    realm = open_realm(core_settings(plugins), plugins.settings_of(AuthSettings))
    return await invite(realm, email, None)


async def _create(plugins: Plugins, new: Registration, roles: list[str], admin: bool) -> int:
    from core.auth.accounts.users import create_user
    from core.auth.authenticators import passwords
    from core.auth.authenticators.policy import refuse_weak
    from core.auth.settings import AuthSettings
    from core.db.engine import transaction

    refuse_weak(new.password, new.username, new.email)
    await prepare(plugins)
    passwords.rounds = plugins.settings_of(AuthSettings).bcrypt_rounds
    hashed = await passwords.hashed(new.password)
    async with heard(plugins), transaction():
        return await create_user(new.username, new.email, hashed, roles, admin=admin)
