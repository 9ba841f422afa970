"""What becomes of a request whose client has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from sanic import HTTPResponse, Sanic, text

from core.testing import running
from core.web import failures, protocol
from core.web.request import Request
from tests.patience import until


@pytest.fixture
async def served() -> AsyncIterator[Any]:
    """A server whose handlers take as long as they are told, and how they ended."""
    Sanic.test_mode = True
    app: Sanic[Any, Any] = Sanic("leaving", request_class=Request, configure_logging=False)
    failures.handle(app)
    began, ended = asyncio.Event(), list[str]()

    @app.route("/<seconds:float>", methods=["GET", "POST"])
    async def work(request: Any, seconds: float) -> HTTPResponse:
        began.set()
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            ended.append("stopped")
            raise
        ended.append("done")
        return text("done")

    async with running(app) as url:
        yield SimpleNamespace(url=url, began=began, ended=ended)
    Sanic._app_registry.pop("leaving")


async def asked(served: Any, method: str, seconds: float) -> str:
    """Ask, go away as soon as the handler has begun, and return how it ended."""
    address = urlsplit(served.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"{method} /{seconds} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    await served.began.wait()
    writer.transport.abort()
    await until(lambda: served.ended)
    return str(served.ended[0])


async def test_a_read_that_is_nearly_done_is_not_stopped(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "SHORT", 30)
    assert await asked(served, "GET", 0.1) == "done"


async def test_a_long_read_is_stopped(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "SHORT", 0.1)
    assert await asked(served, "GET", 60.0) == "stopped"


async def test_a_change_is_carried_to_its_end(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "SHORT", 0.1)
    assert await asked(served, "POST", 0.4) == "done"
