"""What several commands need: the database open, problems shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import click

from core import configuration
from core.configuration import core_settings
from core.plugins import Plugins
from core.settings import CoreSettings, masked

T = TypeVar("T")

RESTORE = "(The file is damaged: tenfold backup restore FILE --force puts a backup in its place.)"


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
    from core.db.errors import is_damaged, is_passing
    from core.tasks import task as tasks

    before, working = engine.current(), tasks.current()

    async def run() -> T:
        engine.use(engine.open_engine(core_settings(plugins)))
        tasks.use(plugins)
        try:
            return await work()
        finally:
            await engine.close()
            if before is not None:
                engine.use(before)
            if working is not None:
                tasks.use(working)

    try:
        return asyncio.run(run())
    except Exception as error:
        notes = getattr(error, "__notes__", [])
        if is_damaged(error):
            notes = [*notes, RESTORE]
        if notes or isinstance(error, OSError) or is_passing(error):
            where, said = _masked(core_settings(plugins)), " ".join([_sentence(error), *notes])
            raise click.ClickException(f"{where}: {said}") from error
        raise


def _sentence(error: Exception) -> str:
    """Return what an error says; of one of the system, what it is about first."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return str(error)


def _masked(core: CoreSettings) -> str:
    return f"The database {masked(core.database) or 'in ' + core.data}"


async def prepare(plugins: Plugins) -> list[str]:
    """Bring the database up to date; return a line for each migration that ran."""
    from core.auth.authorization.permissions import grant_new
    from core.db.alone import alone
    from core.db.migrations import migrate

    async with alone():
        steps = await migrate(plugins)
        await grant_new(plugins)
    return [f"{step.plugin}: {step.id}" for step in steps]


@asynccontextmanager
async def heard(plugins: Plugins) -> AsyncIterator[None]:
    """Let plugins, webhooks and whoever follows a channel hear of what a command does.

    The database must be open and up to date.
    """
    from core import events
    from core.realtime.bus import using
    from core.realtime.settings import RealtimeSettings
    from core.realtime.worker import feed_of
    from core.redis import connected
    from core.webhooks.recording import wanted

    core = core_settings(plugins)
    events.record_with(wanted)
    await wanted.read()
    try:
        async with connected(core):
            feed = feed_of(core, plugins.settings_of(RealtimeSettings))
            with using(feed), events.listening(plugins.call("register_handlers")):
                yield
            await feed.close()
    finally:
        wanted.forget()
