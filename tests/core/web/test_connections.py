"""One address may hold some of the connections, and no more: the rest are for the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from sanic import HTTPResponse, Sanic, text

from core.settings import CoreSettings
from core.testing import running
from core.web import connections, failures
from core.web.connections import Connections
from core.web.request import Request

ONE, OTHER = "127.0.0.1", "127.0.0.2"
BUSY = b"GET /busy HTTP/1.1\r\nHost: a\r\n\r\n"
WELL = b"GET /well HTTP/1.1\r\nHost: a\r\n\r\n"
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Serve = Callable[..., AbstractAsyncContextManager["Served"]]


class Served:
    """A server that holds ten connections, and the clients it has."""

    def __init__(self, url: str, app: Any) -> None:
        self.connections: Connections = app.ctx.connections
        self.done: asyncio.Event = app.ctx.done
        self._port = urlsplit(url).port
        self._clients: list[Stream] = []

    async def ask(self, address: str, request: bytes) -> Stream:
        """Send a request from an address."""
        client = await asyncio.open_connection(ONE, self._port, local_addr=(address, 0))
        client[1].write(request)
        self._clients.append(client)
        return client

    async def asked(self, address: str, times: int) -> None:
        """Have that many requests answered, but not yet."""
        before = len(self.connections)
        for _ in range(times):
            await self.ask(address, BUSY)
        async with asyncio.timeout(30):
            while len(self.connections) < before + times:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def status(self, address: str) -> int:
        """Ask once more, and return the status."""
        reader, _ = await self.ask(address, WELL)
        async with asyncio.timeout(30):
            return int((await reader.readuntil(b"\r\n")).split()[1])

    def leave(self) -> None:
        """End all of it."""
        self.done.set()
        for _, writer in self._clients:
            writer.close()


@pytest.fixture
def serve() -> Serve:
    """Return what serves for a block, with these settings besides."""

    @asynccontextmanager
    async def serve(**settings: Any) -> AsyncIterator[Served]:
        Sanic.test_mode = True
        app: Sanic[Any, Any] = Sanic("sharing", request_class=Request, configure_logging=False)
        app.ctx.connections = Connections(CoreSettings(max_connections=10, **settings))
        app.ctx.done = asyncio.Event()
        failures.handle(app)

        @app.get("/well")
        async def well(request: Any) -> HTTPResponse:
            return text("well\n")

        @app.get("/busy")
        async def busy(request: Any) -> HTTPResponse:
            await app.ctx.done.wait()
            return text("done")

        async with running(app) as url:
            served = Served(url, app)
            yield served
            served.leave()
        Sanic._app_registry.pop("sharing")

    return serve


async def test_one_address_holds_half_of_them_at_most(serve: Serve) -> None:
    async with serve() as served:
        before = connections.refused.values.get((), 0)
        await served.asked(ONE, 5)
        assert await served.status(ONE) == 503
        assert await served.status(OTHER) == 200
        assert connections.refused.values[()] == before + 1


async def test_how_many_it_may_hold_is_a_setting(serve: Serve) -> None:
    async with serve(max_connections_per_address=2) as served:
        await served.asked(ONE, 2)
        assert await served.status(ONE) == 503
        await served.asked(OTHER, 2)
        assert await served.status(OTHER) == 503


async def test_what_has_ended_does_not_count(serve: Serve) -> None:
    async with serve(max_connections_per_address=2) as served:
        await served.asked(ONE, 2)
        served.leave()
        async with asyncio.timeout(30):
            while len(served.connections):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert [await served.status(ONE), await served.status(ONE)] == [200, 200]


async def test_its_own_idle_connections_make_room(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SPARED", 0.1)
    async with serve(max_connections_per_address=2) as served:
        await served.asked(ONE, 1)
        assert [await served.status(OTHER), await served.status(ONE)] == [200, 200]
        await asyncio.sleep(0.4)
        assert await served.status(ONE) == 200
        assert len(served.connections) == 3, "the idle one of the other address is still there"


async def test_a_trusted_proxy_speaks_for_many(serve: Serve) -> None:
    async with serve(max_connections_per_address=2, trusted_proxies=["127.0.0.0/8"]) as served:
        await served.asked(ONE, 9)
        assert await served.status(ONE) == 200
