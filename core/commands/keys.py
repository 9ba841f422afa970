"""``tenfold keys``."""

from __future__ import annotations

import click

from core import configuration
from core.commands.running import prepare, with_database
from core.configuration import core_settings
from core.plugins import Plugins


@click.group()
def keys() -> None:
    """Change the key that signs access tokens."""


@keys.command()
def rotate() -> None:
    """Sign with a new key. Tokens of the one before stay good until they expire."""
    plugins = configuration.read()
    kid = with_database(plugins, lambda: _rotate(plugins))
    click.echo(f"Every worker signs with the key {kid} within 5 seconds.")


async def _rotate(plugins: Plugins) -> str:
    from core.auth.realm import open_realm
    from core.auth.settings import AuthSettings

    await prepare(plugins)
    realm = open_realm(core_settings(plugins), plugins.settings_of(AuthSettings))
    return await realm.tokens.keys.rotate()
