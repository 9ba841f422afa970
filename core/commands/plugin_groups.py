"""The commands that plugins bring, each plugin's in a group called after it."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import click

from core import configuration
from core.commands.running import heard, prepare, with_database
from core.errors import Problem
from core.plugins import PluginError
from core.web.address import public_url_of

T = TypeVar("T")


@lru_cache(maxsize=1)
def groups_of_plugins() -> dict[str, click.Group]:
    """Return a group for each enabled plugin that has commands; a broken one is told and left."""
    groups = {}
    plugins, _ = configuration.survey()
    for plugin in plugins:
        group = click.Group(plugin.name, help=plugin.description)
        try:
            plugins.ask(plugin.name, "register_commands", cli=group)
        except PluginError as error:
            click.echo(f"! {error}", err=True)
        if group.commands:
            groups[plugin.name] = group
    return groups


def in_database(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run ``work`` for a command of a plugin, with the configured database open and up to date.

    Events are told as they are in a server. Raises click.ClickException, with a sentence, when the
    database cannot be used, and for a Problem.
    """
    plugins = configuration.read()

    async def told() -> T:
        await prepare(plugins)
        async with heard(plugins):
            return await work()

    try:
        return with_database(plugins, told)
    except Problem as problem:
        raise click.ClickException(problem.detail) from None


def served_at() -> str:
    """Return where people reach the configured server, for a command that shows addresses."""
    return public_url_of(configuration.core_settings(configuration.read()))


def save_file(file: Path, content: bytes) -> None:
    """Write a new file that only its owner can read, for a command.

    Raises click.FileError, with a sentence, also where there is a file of that name.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
