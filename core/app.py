"""Build the application. Everything is wired here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from sanic import Blueprint, Sanic

from core import events
from core.admin.mount import mount as mount_admin
from core.auth import links
from core.auth.realm import open_realm
from core.auth.routes import jwks
from core.auth.settings import AuthSettings
from core.configuration import core_settings, read
from core.db import engine
from core.plugins import Plugins
from core.settings import CoreSettings
from core.web import failures, pages
from core.web.request import Request

API = "/api/v1"


def create_app(plugins: Plugins, name: str = "tenfold") -> Sanic[Any, Any]:
    """Return the application that serves ``plugins``. Connects to nothing yet."""
    core = core_settings(plugins)
    app: Sanic[Any, Any] = Sanic(name, request_class=Request, configure_logging=False)
    _configure(app, core)
    app.ctx.plugins = plugins
    app.ctx.realm = open_realm(core, plugins.settings_of(AuthSettings))
    app.ctx.authenticate = app.ctx.realm.tokens.authenticate
    events.listen(plugins.call("register_handlers"))
    failures.handle(app)
    pages.mount(app, plugins)
    jwks.mount(app)
    links.mount(app)
    mount_admin(app, plugins, core)
    for blueprint in _blueprints(plugins):
        app.blueprint(blueprint)
    engine.use(engine.open_engine(core))
    app.before_server_start(_start)
    app.after_server_stop(_stop)
    return app


def from_configuration(path: str) -> Sanic[Any, Any]:
    """Return the application for a plugins.toml; each worker process calls this."""
    return create_app(read(Path(path)))


def _configure(app: Sanic[Any, Any], core: CoreSettings) -> None:
    app.config.update(
        AUTO_EXTEND=False,
        ACCESS_LOG=False,
        MOTD=False,
        REQUEST_MAX_SIZE=core.max_body,
        REQUEST_TIMEOUT=30,
        RESPONSE_TIMEOUT=60,
        KEEP_ALIVE_TIMEOUT=75,
        GRACEFUL_SHUTDOWN_TIMEOUT=8,
        TOUCHUP=not Sanic.test_mode,
    )


def _blueprints(plugins: Plugins) -> Iterator[Any]:
    """Yield each plugin's blueprints as a group of its own, under /api/v1/<name>."""
    for name, found in plugins.call("register_routes"):
        several: Sequence[Blueprint] = [found] if isinstance(found, Blueprint) else found
        for blueprint in several:
            _answer_head(blueprint)
        yield Blueprint.group(*several, url_prefix=f"{API}/{name}")


def _answer_head(blueprint: Blueprint) -> None:
    """Let HEAD be answered wherever GET is."""
    routes = {
        route._replace(methods=frozenset({*(route.methods or ()), "HEAD"}))
        if "GET" in (route.methods or ())
        else route
        for route in blueprint._future_routes
    }
    blueprint._future_routes = routes


async def _start(app: Sanic[Any, Any]) -> None:
    """Connect, then enter what the plugins hold open, in their order."""
    await engine.engine().start_connection_pool()
    app.ctx.alive = AsyncExitStack()
    for _, held in app.ctx.plugins.call("lifespan", app=app):
        await app.ctx.alive.enter_async_context(held)


async def _stop(app: Sanic[Any, Any]) -> None:
    await app.ctx.alive.aclose()
    await engine.close()
