"""``tenfold doctor``."""

from __future__ import annotations

import asyncio
import sys

import click

from core import configuration
from core.configuration import core_settings


@click.command()
def doctor() -> None:
    """Say what an operator should mend, line by line; change nothing.

    "bad" must be mended and makes the exit code 1; "look" is for a person to judge.
    """
    from core.doctor.examining import examined

    plugins = configuration.read()
    found = asyncio.run(examined(plugins, core_settings(plugins)))
    for each in found:
        click.echo(each)
    grades = [each.grade for each in found]
    click.echo(f"{grades.count('bad')} bad, {grades.count('look')} to look at.")
    sys.exit(1 if "bad" in grades else 0)
