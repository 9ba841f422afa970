"""A real server in the test's own event loop."""

from __future__ import annotations

import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.testing.queries import by_itself

if TYPE_CHECKING:
    from sanic import Sanic

    from core.plugins import Plugins

KEPT = {"auth_role", "auth_role_permission", "auth_known_permission", "auth_signing_key"}


@asynccontextmanager
async def running(app: Sanic[Any, Any]) -> AsyncIterator[str]:
    """Serve ``app`` in this event loop and return its URL."""
    from core.web.protocol import Protocol

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(500)
    server: Any = await app.create_server(
        sock=listening, protocol=Protocol, return_asyncio_server=True
    )
    with by_itself():
        await server.startup()
        await server.before_start()
    await server.start_serving()
    with by_itself():
        await server.after_start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await server.before_stop()
        server.close()
        await server.wait_closed()
        await server.after_stop()


@dataclass(frozen=True)
class Server:
    """A server under test."""

    url: str
    app: Sanic[Any, Any]
    plugins: Plugins
    database: str


@pytest.fixture(scope="session")
def tenfold_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the settings the server under test runs with. Override it to test with others.

    It is patient, so that a test says the same on a machine that is busy.
    """
    from core.loading import built_in

    return {
        "TENFOLD_ENABLED": ",".join(built_in()),
        "TENFOLD_CONFIG": "/nowhere/plugins.toml",
        "TENFOLD_CORE__DATA": str(tmp_path_factory.mktemp("data")),
        "TENFOLD_AUTH__BCRYPT_ROUNDS": "4",
        "TENFOLD_CORE__DATABASE_WAIT": "30",
        "TENFOLD_SEARCH__SECONDS": "30",
    }


@pytest.fixture(scope="session")
async def server(database: str, tenfold_environment: dict[str, str]) -> AsyncIterator[Server]:
    """Return a running server with every built-in plugin on an empty database."""
    async with serving({**tenfold_environment, "TENFOLD_CORE__DATABASE": database}) as server:
        yield server


@asynccontextmanager
async def serving(environment: dict[str, str]) -> AsyncIterator[Server]:
    """Migrate and serve with these settings; what was served before is in use again after it."""
    from sanic import Sanic

    from core.app import create_app
    from core.commands.running import prepare
    from core.configuration import read
    from core.repeating import resting

    Sanic.test_mode = True
    file = Path(environment.get("TENFOLD_CONFIG", "/nowhere/plugins.toml"))
    plugins = read(file, environment)
    with _what_was_in_use():
        with resting():
            async with _nobody_writing():
                app = create_app(plugins, f"tenfold_{secrets.token_hex(4)}")
            await prepare(plugins)
        async with running(app) as url:
            yield Server(url, app, plugins, environment.get("TENFOLD_CORE__DATABASE", ""))
        Sanic._app_registry.pop(app.name, None)


@asynccontextmanager
async def _nobody_writing() -> AsyncIterator[None]:
    """Let nothing be half written in SQLite while another server's database comes into use.

    The rest of it would go to that one, which may be the same file and wait for the beginning.
    """
    from core.db import engine
    from core.db.errors import DatabaseBusy

    before = engine.current()
    async with AsyncExitStack() as held:
        if before is not None and before.engine_type == "sqlite":
            with suppress(DatabaseBusy):  # it was closed
                await held.enter_async_context(before.transaction())
        yield


@contextmanager
def _what_was_in_use() -> Iterator[None]:
    """Keep the database and the listeners of another server in this process for after the block."""
    from core import events
    from core.db import engine
    from core.tasks import task as tasks

    database, handlers, working = engine.current(), dict(events._handlers), tasks.current()
    try:
        yield
    finally:
        events._handlers.clear()
        events._handlers.update(handlers)
        if database is not None:
            engine.use(database)
        if working is not None:
            tasks.use(working)


async def forget_everything(server: Server) -> None:
    """Delete every row of every plugin, but the roles."""
    from core.cache.worker import forget_all
    from core.db.engine import transaction
    from core.db.migrations import tables
    from core.webhooks.recording import wanted

    async with transaction():
        for _, table in reversed(list(tables(server.plugins))):
            if table._meta.tablename not in KEPT:
                await table.delete(force=True)
    forget_all()  # after it: what runs beside it has read the rows until now
    wanted.forget()
    server.app.ctx.limiter.forget()
