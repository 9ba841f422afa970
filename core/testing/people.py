"""People who ask the server under test."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from core.testing.servers import Server, forget_everything

if TYPE_CHECKING:
    import httpx


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """Return an HTTP client that is nobody; what it wrote is gone after the test."""
    await hold_roles(server)
    async with _client(server) as client:
        yield client
    await forget_everything(server)


async def hold_roles(server: Server) -> None:
    """Let the server know what each role holds now, whatever a test before this one has changed."""
    from core.auth.authorization.permissions import by_role

    server.app.ctx.realm.tokens.hold(await by_role(server.plugins))


def _client(server: Server, token: str = "") -> httpx.AsyncClient:
    import httpx

    headers = {"authorization": f"Bearer {token}"} if token else {}
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # unused: reading the authorities takes 25 ms
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=200, verify=plain)


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
    from core.auth.accounts.users import create_user
    from core.auth.authenticators.passwords import hash_now
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
