"""``tenfold serve``."""

from __future__ import annotations

import logging
import os
import socket
from functools import partial

import click

from core import configuration
from core.auth.secret import secret_of
from core.commands.running import prepare, with_database
from core.configuration import core_settings
from core.settings import CoreSettings, worker_count


@click.command()
@click.option("--host", help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--workers", type=int, help="Web worker processes; 0 means one a core.")
@click.option("--reload", is_flag=True, help="Start again when a source file changes.")
def serve(host: str | None, port: int | None, workers: int | None, reload: bool) -> None:
    """Bring the database up to date and serve."""
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[f"TENFOLD_CORE__{name}"] = str(value)
    plugins = configuration.read()
    core = core_settings(plugins)
    secret_of(core)
    refuse_taken(core)
    for line in with_database(plugins, partial(prepare, plugins)):
        click.echo(f"Migrated {line}")
    tell(core, [plugin.name for plugin in plugins if plugin.name not in ("core", "auth")])
    run(core, reload=reload)


def refuse_taken(core: CoreSettings) -> None:
    """Raise ClickException when nobody can listen there, before anything else is done."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            core.host, core.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.ClickException(
            f"Cannot listen on {core.host}:{core.port}: {reason}. Choose another with --port."
        ) from None


def tell(core: CoreSettings, names: list[str]) -> None:
    """Print where everything is."""
    shown = "127.0.0.1" if core.host in ("0.0.0.0", "::") else core.host  # noqa: S104
    here = f"http://{f'[{shown}]' if ':' in shown else shown}:{core.port}"
    click.echo(f"Tenfold serves {', '.join(names) or 'no plugins yet'}")
    click.echo(f"   app    {here}/")
    click.echo(f"   docs   {here}/docs")
    click.echo(f"   admin  {here}/admin/   (tenfold user create --admin makes who may enter)")


def run(core: CoreSettings, *, reload: bool) -> None:
    """Serve until told to stop."""
    from sanic import Sanic
    from sanic.worker.loader import AppLoader

    from core.app import from_configuration
    from core.web.protocol import Protocol

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("piccolo").setLevel(logging.WARNING)
    path = str(configuration.path().absolute())
    loader = AppLoader(factory=partial(from_configuration, path))
    app = loader.load()
    app.prepare(
        host=core.host,
        port=core.port,
        workers=worker_count(core),
        protocol=Protocol,
        auto_reload=reload,
        motd=False,
        access_log=False,
    )
    Sanic.serve(primary=app, app_loader=loader)
