"""``tenfold settings``."""

from __future__ import annotations

import typing
from typing import Any

import click
import msgspec

from core import configuration
from core.reading import is_secret
from core.settings import masked


@click.command()
def settings() -> None:
    """Show each setting, and where it was set."""
    plugins, problems = configuration.survey()
    for plugin in plugins:
        each = plugins[plugin.name]
        hints = typing.get_type_hints(type(each.settings), include_extras=True)
        if hints:
            click.echo(f"[{plugin.name}]")
        for field in msgspec.structs.fields(each.settings):
            value = getattr(each.settings, field.name)
            text = _shown(value, secret=is_secret(hints[field.name]))
            click.echo(f"{field.name} = {text}   # {each.origins.get(field.name, 'default')}")
    for problem in problems:
        click.echo(f"! {problem}", err=True)


def _shown(value: Any, *, secret: bool) -> str:
    """Write a value as TOML would; a secret as stars, a password inside a URL too."""
    if secret:
        return '"****"' if value else '""'
    if isinstance(value, str):
        value = masked(value)
    return msgspec.json.encode(value).decode()
