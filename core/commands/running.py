"""What several commands need: the database open, problems shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from core import configuration
from core.configuration import core_settings
from core.plugins import Plugins
from core.settings import CoreSettings, masked

T = TypeVar("T")


def show_problems(problems: list[str]) -> None:
    """Print what must be mended, all of it."""
    click.echo(f"{configuration.path().name} cannot be used:", err=True)
    for problem in problems:
        click.echo(f"   {problem}", err=True)
    count = len(problems)
    click.echo(f"{count} problem{'s' * (count != 1)}. Nothing was started.", err=True)


def with_database(plugins: Plugins, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run ``work`` with the configured database open. Raises ClickException when it fails there."""
    from core.db import engine
    from core.db.errors import is_passing

    async def run() -> T:
        engine.use(engine.open_engine(core_settings(plugins)))
        try:
            return await work()
        finally:
            await engine.close()

    try:
        return asyncio.run(run())
    except Exception as error:
        notes = getattr(error, "__notes__", [])
        if notes or isinstance(error, OSError) or is_passing(error):
            where = _masked(core_settings(plugins))
            raise click.ClickException(f"{where}: {error} {' '.join(notes)}".strip()) from error
        raise


def _masked(core: CoreSettings) -> str:
    return f"The database {masked(core.database) or 'in ' + core.data}"


async def prepare(plugins: Plugins) -> list[str]:
    """Bring the database up to date; return a line for each migration that ran."""
    from core.auth.permissions import grant_new
    from core.db.migrations import alone, migrate

    async with alone():
        steps = await migrate(plugins)
        await grant_new(plugins)
    return [f"{step.plugin}: {step.id}" for step in steps]
