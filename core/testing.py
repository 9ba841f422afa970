"""The test kit: a real server in the test's own event loop, people to ask it, both databases.

A test that takes ``server``, ``client`` or one of the people runs once on SQLite and once on
PostgreSQL. Where no PostgreSQL answers, its half is skipped and says so; with the environment
variable ``TENFOLD_TEST_REQUIRE=postgres`` it fails instead.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx
    from sanic import Sanic

    from core.plugins import Plugins

DATABASES = ("sqlite", "postgres")
KEPT = {"auth_role", "auth_role_permission", "auth_known_permission", "auth_signing_key"}


def postgres_server() -> str:
    """Return the URL of the PostgreSQL server to test on, without a database."""
    return os.environ.get("TENFOLD_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432").rstrip("/")


def missing(service: str, reason: str) -> None:
    """Skip the test because ``service`` is not there, or fail it where it is required."""
    required = os.environ.get("TENFOLD_TEST_REQUIRE", "").split(",")
    (pytest.fail if service in required else pytest.skip)(f"not run on {service}: {reason}")


@asynccontextmanager
async def scratch_postgres() -> AsyncIterator[str]:
    """Make a database for the length of the block and return its URL."""
    import asyncpg

    name = f"tenfold_test_{secrets.token_hex(6)}"
    server = await asyncpg.connect(f"{postgres_server()}/postgres", timeout=3)
    try:
        await server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{postgres_server()}/{name}"
        finally:
            await server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await server.close()


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
    await server.startup()
    await server.before_start()
    await server.start_serving()
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
    """Return the settings the server under test runs with. Override it to test with others."""
    from core.plugins import built_in

    return {
        "TENFOLD_ENABLED": ",".join(built_in()),
        "TENFOLD_CONFIG": "/nowhere/plugins.toml",
        "TENFOLD_CORE__DATA": str(tmp_path_factory.mktemp("data")),
        "TENFOLD_AUTH__BCRYPT_ROUNDS": "4",
    }


@pytest.fixture(scope="session", params=DATABASES)
async def database(request: pytest.FixtureRequest, tmp_path_factory: Any) -> AsyncIterator[str]:
    """Return the URL of an empty database; once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'test.db'}"
        return
    scratch = scratch_postgres()
    try:
        url = await scratch.__aenter__()
    except (TimeoutError, OSError) as error:
        missing("postgres", f"nothing answers at {postgres_server()} ({error})")
        return
    try:
        yield url
    finally:
        await scratch.__aexit__(None, None, None)


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

    Sanic.test_mode = True
    file = Path(environment.get("TENFOLD_CONFIG", "/nowhere/plugins.toml"))
    plugins = read(file, environment)
    with _what_was_in_use():
        app = create_app(plugins, f"tenfold_{secrets.token_hex(4)}")
        await prepare(plugins)
        async with running(app) as url:
            yield Server(url, app, plugins, environment.get("TENFOLD_CORE__DATABASE", ""))
        Sanic._app_registry.pop(app.name, None)


@contextmanager
def _what_was_in_use() -> Iterator[None]:
    """Keep the database and the listeners of another server in this process for after the block."""
    from core import events
    from core.db import engine

    database, handlers = engine.current(), dict(events._handlers)
    try:
        yield
    finally:
        events._handlers.clear()
        events._handlers.update(handlers)
        if database is not None:
            engine.use(database)


async def forget_everything(server: Server) -> None:
    """Delete every row of every plugin, but the roles."""
    from core.db.engine import transaction
    from core.db.migrations import tables

    async with transaction():
        for _, table in reversed(list(tables(server.plugins))):
            if table._meta.tablename not in KEPT:
                await table.delete(force=True)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """Return an HTTP client that is nobody; what it wrote is gone after the test."""
    async with _client(server) as client:
        yield client
    await forget_everything(server)


def _client(server: Server, token: str = "") -> httpx.AsyncClient:
    import httpx

    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30)


People = Callable[..., Awaitable[Any]]


@pytest.fixture
async def people(server: Server, client: httpx.AsyncClient) -> AsyncIterator[People]:
    """Return a function that makes a person: ``await people("ada")`` is a client signed in as her.

    ``person.id`` is her id; ``roles`` may be given.
    """
    made: list[httpx.AsyncClient] = []

    async def person(name: str, *roles: str) -> Any:
        id, token = await sign_up(server, name, *roles)
        made.append(_client(server, token))
        made[-1].id = id  # type: ignore[attr-defined]
        return made[-1]

    yield person
    for each in made:
        await each.aclose()


async def sign_up(server: Server, name: str, *roles: str) -> tuple[int, str]:
    """Make a user: the id, and an access token."""
    from core.auth.passwords import hash_now
    from core.auth.users import create_user
    from core.db.engine import transaction

    held = sorted({"user", *roles})
    async with transaction():
        id = await create_user(
            name, f"{name}@example.org", hash_now(PASSWORD), held, admin="admin" in roles
        )
        session, _ = await server.app.ctx.realm.refreshing.begin(id, "test", "127.0.0.1")
    return id, server.app.ctx.realm.tokens.make(id, session, held, time.time())


PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture
async def ada(people: People) -> Any:
    """Return a client signed in as an ordinary user."""
    return await people("ada")


@pytest.fixture
async def grace(people: People) -> Any:
    """Return a client signed in as another ordinary user."""
    return await people("grace")


@pytest.fixture
async def admin(people: People) -> Any:
    """Return a client signed in as an administrator."""
    return await people("root", "admin")


@pytest.fixture
def count_queries(server: Server) -> Iterator[Callable[[], list[str]]]:
    """Return a function that gives the SQL that ran since it was last called."""
    from core.db.engine import engine

    seen: list[str] = []
    here = engine()

    def listen(sql: str) -> None:
        if "auth_revocation" not in sql:  # read by the worker itself, once a second
            seen.append(sql)

    here.listeners.append(listen)

    def since() -> list[str]:
        found = seen[:]
        seen.clear()
        return found

    yield since
    here.listeners.remove(listen)
