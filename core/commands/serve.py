"""``tenfold serve``."""

from __future__ import annotations

import os
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core import configuration
from core.auth.tokens.secret import secret_of
from core.commands.running import prepare, with_database
from core.configuration import core_settings
from core.logs.setup import configure
from core.places import socket_file
from core.plugins import OWN, Plugins
from core.processes.child import Role
from core.processes.holdings import Holdings, inherited
from core.processes.listening import bound, listening
from core.processes.voice import Voice
from core.settings import CoreSettings, worker_count
from core.web.address import public_url_of

if TYPE_CHECKING:
    from sanic import Sanic


@click.command()
@click.option("--host", help="Address to listen on; 0.0.0.0 for all; unix:PATH for a file.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--workers", type=int, help="Web worker processes; 0 means one a core.")
@click.option("--reload", is_flag=True, help="Start again when a source file changes.")
@click.option("--runner/--no-runner", default=None, help="Run tasks in a process beside them.")
@click.option("--trial", is_flag=True, help="Do everything but serve: would it start?")
def serve(reload: bool, trial: bool, **given: object) -> None:
    """Bring the database up to date and serve."""
    for name, value in given.items():
        if value is not None:
            os.environ[f"TENFOLD_CORE__{name.upper()}"] = str(value).lower()
    holdings = None if trial else inherited()
    plugins = configuration.read()
    core = core_settings(plugins)
    secret_of(core)
    if trial:
        make_ready(plugins)
        build(plugins)
        return
    if holdings is None:
        bound(core).close()
        make_ready(plugins)
        tell(core, [plugin.name for plugin in plugins if plugin.name not in OWN])
        holdings = Holdings(listening(core))
    sys.exit(run(plugins, holdings, reload=reload))


def make_ready(plugins: Plugins) -> None:
    """Bring the database up to date, and say what was done."""
    for line in with_database(plugins, partial(prepare, plugins)):
        click.echo(f"Migrated {line}")


def build(plugins: Plugins) -> Sanic[Any, Any]:
    """Build the application, with the settings that the main process has read."""
    from core.app import create_app

    return create_app(plugins)


def config() -> str:
    """Return the absolute path of plugins.toml."""
    return str(configuration.path().absolute())


def tell(core: CoreSettings, names: list[str]) -> None:
    """Print where everything is."""
    click.echo(f"Tenfold serves {', '.join(names) or 'no plugins yet'}")
    if (file := socket_file(core.host)) is not None:
        click.echo(f"   at     {file}, for {public_url_of(core)}")
        return
    shown = "127.0.0.1" if core.host in ("0.0.0.0", "::") else core.host  # noqa: S104
    here = f"http://{f'[{shown}]' if ':' in shown else shown}:{core.port}"
    click.echo(f"   app    {here}/")
    click.echo(f"   docs   {here}/docs")
    click.echo(f"   admin  {here}/admin/   (tenfold user create --admin makes who may enter)")


def run(plugins: Plugins, holdings: Holdings, *, reload: bool) -> int:
    """Serve until told to stop; return the exit code."""
    from core.processes.changes import Changes
    from core.processes.supervisor import Supervisor

    configure(plugins)
    return Supervisor(
        roles(plugins, holdings),
        holdings,
        drain=core_settings(plugins).drain_seconds,
        changed=Changes(Path(config())) if reload else lambda: False,
    ).run()


def roles(plugins: Plugins, holdings: Holdings) -> list[Role]:
    """Return what processes there are to be."""
    from core.processes import web
    from core.tasks.settings import TasksSettings

    core, tasks = core_settings(plugins), plugins.settings_of(TasksSettings)
    load_for_all(core)
    serving = partial(web.serve, partial(build, plugins), holdings.listening, core.stop_seconds)
    workers = worker_count(core)
    web_worker = Role("web worker", workers, serving, core.stop_seconds, serves=True, silence=2)
    runner = Role(
        "task runner",
        1,
        partial(work, config()),
        tasks.stop_seconds,
        silence=max(tasks.lease_seconds, 10),  # what it worked at is anybody's then
    )
    return [web_worker, runner] if core.runner else [web_worker]


NEEDED = (
    "core.app",
    "core.auth.tokens.access",
    "core.outgoing.asking",
    "core.tasks.runner",
    "cryptography.fernet",
)
NEEDED_FOR_REDIS = ("core.cache.shared", "core.realtime.redis_feed", "core.web.limits.everywhere")


def load_for_all(core: CoreSettings) -> None:
    """Load what each process needs before it is forked: it is there at once, its memory shared."""
    for name in (*NEEDED, *(NEEDED_FOR_REDIS if core.cache != "memory://" else ())):
        import_module(name)


def work(config: str, voice: Voice) -> None:
    """Be the task runner."""
    from core.tasks.runner import main

    voice.ready()
    main(config, voice.beating)
