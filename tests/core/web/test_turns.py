"""Who sends very much at once is served, and everybody else has a turn in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from sanic import HTTPResponse, Sanic, text

from core.testing import running
from core.web import failures
from core.web.http import MANY, TURN
from core.web.request import Request
from tests.core.web.wire import send, statuses

CHUNKED = b"POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


class Turns:
    """Counts how often the event loop had time for others."""

    def __init__(self) -> None:
        self.number = 0
        self.seen: list[int] = []

    async def count(self) -> None:
        while True:
            self.number += 1
            await asyncio.sleep(0)


@pytest.fixture
async def turns() -> AsyncIterator[Any]:
    """A server that notes, when it answers, how many turns others have had."""
    Sanic.test_mode = True
    app: Sanic[Any, Any] = Sanic("turns", request_class=Request, configure_logging=False)
    app.ctx.turns = Turns()
    failures.handle(app)

    @app.get("/well")
    async def well(request: Any) -> HTTPResponse:
        app.ctx.turns.seen.append(app.ctx.turns.number)
        return text("well\n")

    @app.post("/body", stream=True)
    async def body(request: Any) -> HTTPResponse:
        began = app.ctx.turns.number
        pieces = [piece async for piece in request.stream]
        app.ctx.turns.seen.append(app.ctx.turns.number - began)
        return text(str(len(pieces)))

    async with running(app) as url:
        counting = asyncio.create_task(app.ctx.turns.count())
        yield SimpleNamespace(url=url, turns=app.ctx.turns)
        counting.cancel()
    Sanic._app_registry.pop("turns")


async def test_requests_in_one_packet_leave_others_their_turn(turns: Any) -> None:
    answer = await send(turns, b"GET /well HTTP/1.1\r\nHost: a\r\n\r\n" * 50)
    assert statuses(answer) == [200] * 50
    assert len(set(turns.turns.seen)) == 50


async def test_chunks_in_one_packet_leave_others_their_turn(turns: Any) -> None:
    count = 10 * TURN
    answer = await send(turns, CHUNKED + b"1\r\na\r\n" * count + b"0\r\n\r\n")
    assert statuses(answer) == [200]
    assert answer.endswith(b"%d" % count)
    assert turns.turns.seen[0] >= 10


async def test_a_body_of_thousands_of_tiny_chunks_is_refused(turns: Any) -> None:
    answer = await send(turns, CHUNKED, b"1\r\na\r\n" * (MANY + 10))
    assert statuses(answer) == [400]
    assert turns.turns.seen == []


async def test_a_body_of_thousands_of_chunks_is_read(turns: Any) -> None:
    chunk = b"80\r\n" + b"a" * 128 + b"\r\n"
    answer = await send(turns, CHUNKED, chunk * (2 * MANY), b"0\r\n\r\n")
    assert statuses(answer) == [200]
