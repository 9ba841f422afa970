"""``tenfold migrate`` and ``tenfold demo``."""

from __future__ import annotations

import secrets
from functools import partial

import click

from core import configuration
from core.calling import raised_at
from core.commands.running import prepare, with_database
from core.homes import home_of
from core.plugins import PluginError, Plugins


@click.command()
def migrate() -> None:
    """Bring the database to the shape of the enabled plugins' tables."""
    plugins, problems = configuration.survey()
    lines = with_database(plugins, partial(prepare, plugins))
    for line in lines:
        click.echo(f"Migrated {line}")
    click.echo(f"{len(lines)} migrations ran." if lines else "The database is up to date.")
    for problem in problems:
        click.echo(f"! {problem}", err=True)


@click.command()
def demo() -> None:
    """Fill every enabled plugin with believable data, for trying things out."""
    plugins = configuration.read()
    if configuration.core_settings(plugins).environment == "production":
        raise click.ClickException("Demo data does not belong into production.")
    password = secrets.token_urlsafe(12)
    names = with_database(plugins, partial(_demo, plugins, password))
    click.echo(f"Made the users {', '.join(names)}, each with the password {password}")
    click.echo(f"{names[0]} may enter the admin.")


async def _demo(plugins: Plugins, password: str) -> list[str]:
    from core.auth.accounts.users import create_user
    from core.auth.authenticators import passwords
    from core.db.engine import transaction

    await prepare(plugins)
    tag = secrets.token_hex(2)
    names = [f"{name}-{tag}" for name in ("ada", "grace", "alan")]
    hashed = await passwords.hashed(password)
    async with transaction():
        users = [
            await create_user(
                name,
                f"{name}@example.org",
                hashed,
                ["admin", "user"] if number == 0 else ["user"],
                admin=number == 0,
            )
            for number, name in enumerate(names)
        ]
    await _fill(plugins, users)
    return names


async def _fill(plugins: Plugins, users: list[int]) -> None:
    """Let each plugin write its data. Raises PluginError with the name of one that fails."""
    for name, filled in plugins.call("demo", users=users):
        try:
            await filled
        except Exception as error:
            where = raised_at(error, home_of(plugins[name].module))
            reason = f"its hook demo() raised {type(error).__name__}: {error}{where}"
            raise PluginError([f"{name}: {reason}"]) from error
