"""Build the application. Everything is wired here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sanic import Blueprint, Sanic

from core import events
from core.admin.mount import mount as mount_admin
from core.auth.mails import links
from core.auth.realm import open_realm
from core.auth.routes import jwks
from core.auth.settings import AuthSettings
from core.configuration import core_settings, read
from core.db import engine
from core.lifespans import Lifespans
from core.logs.setup import configure
from core.metrics import page as metrics
from core.plugins import PluginError, Plugins
from core.public import apart, refuse_taken
from core.settings import CoreSettings
from core.tasks import task as tasks
from core.web import failures, pages
from core.web.address import Proxies, is_secure
from core.web.common_headers import CommonHeaders
from core.web.connections import Connections
from core.web.cors import Cors
from core.web.limits.limiter import Limiter
from core.web.limits.rules import classes_of
from core.web.request import Request

API = "/api/v1"


def create_app(plugins: Plugins, name: str = "tenfold") -> Sanic[Any, Any]:
    """Return the application that serves ``plugins``. Connects to nothing yet."""
    core = core_settings(plugins)
    app: Sanic[Any, Any] = Sanic(
        name, request_class=Request, configure_logging=False, env_prefix=None
    )
    _configure(app, core)
    app.ctx.connections = Connections(core)
    app.ctx.proxies = Proxies(core.trusted_proxies, core.proxy_header)
    app.ctx.common_headers = CommonHeaders(Cors(core.cors_origins), secure=is_secure(core))
    app.ctx.realm = open_realm(core, plugins.settings_of(AuthSettings))
    app.ctx.authenticate = app.ctx.realm.tokens.authenticate
    app.ctx.limiter = Limiter(classes_of(core))
    events.listen(plugins.call("register_handlers"))
    tasks.use(plugins)
    failures.handle(app)
    serve_all(app, plugins)
    engine.use(engine.open_engine(core))
    app.ctx.leaving, app.ctx.stopping = False, asyncio.Event()
    app.before_server_start(_start)
    app.before_server_stop(_leave)
    app.after_server_stop(_stop)
    return app


def serve_all(app: Sanic[Any, Any], plugins: Plugins) -> None:
    """Mount what core serves itself, then the routes of each plugin. Raises PluginError."""
    core = core_settings(plugins)
    app.ctx.plugins, app.ctx.owners = plugins, {}
    pages.mount(app, plugins)
    metrics.mount(app, core)
    jwks.mount(app)
    links.mount(app)
    mount_admin(app, plugins, core)
    for plugin, blueprint in _blueprints(app, plugins):
        _mount(app, plugin, blueprint)


def from_configuration(path: str) -> Sanic[Any, Any]:
    """Return the application for a plugins.toml; each worker process calls this."""
    plugins = read(Path(path))
    configure(plugins)
    return create_app(plugins)


def _configure(app: Sanic[Any, Any], core: CoreSettings) -> None:
    app.config.update(
        AUTO_EXTEND=False,
        ACCESS_LOG=False,
        MOTD=False,
        REQUEST_MAX_SIZE=core.max_body,
        RESPONSE_TIMEOUT=60,
        TOUCHUP=not Sanic.test_mode,
    )


def _blueprints(app: Sanic[Any, Any], plugins: Plugins) -> Iterator[tuple[str, Any]]:
    """Yield each plugin's blueprints as a group of its own, under /api/v1/<name>."""
    for name, found in plugins.call("register_routes"):
        several: Sequence[Blueprint] = [found] if isinstance(found, Blueprint) else found
        for blueprint in several:
            _answer_head(blueprint)
            app.ctx.owners[blueprint.name] = name
        public, several = apart(list(several))
        for blueprint in public:
            refuse_taken(app, name, blueprint)
            yield name, blueprint
        yield name, Blueprint.group(*several, url_prefix=f"{API}/{name}")


def _mount(app: Sanic[Any, Any], plugin: str, blueprint: Any) -> None:
    try:
        app.blueprint(blueprint)
    except Exception as error:
        raise PluginError([f"{plugin}: its routes cannot be served ({error})"]) from error


def _answer_head(blueprint: Blueprint) -> None:
    """Let HEAD be answered wherever GET is."""
    routes = {
        route._replace(methods=frozenset({*(route.methods or ()), "HEAD"}))
        if "GET" in (route.methods or ())
        else route
        for route in blueprint._future_routes
    }
    blueprint._future_routes = routes


@asynccontextmanager
async def alive(app: Sanic[Any, Any]) -> AsyncIterator[None]:
    """Hold all that a worker holds, but serve nobody: for the process that works at tasks."""
    await _start(app)
    try:
        yield
    finally:
        await _stop(app)


async def _start(app: Sanic[Any, Any]) -> None:
    """Connect, then enter what the plugins hold open, in their order."""
    await engine.engine().start_connection_pool()
    app.ctx.lifespans = Lifespans(app)
    await app.ctx.lifespans.open()


async def _leave(app: Sanic[Any, Any]) -> None:
    """Let each answer be the last on its connection, and tell who holds one open for long.

    ``app.ctx.stopping`` is an event to wait for in WebSockets and streams.
    """
    app.config.KEEP_ALIVE = False
    app.ctx.stopping.set()


async def _stop(app: Sanic[Any, Any]) -> None:
    await app.ctx.lifespans.close()
    await engine.close()
