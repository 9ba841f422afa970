"""Clients that are slow, or many, keep nobody else out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sanic import HTTPResponse, Sanic, text

from core.errors import NotFound
from core.settings import CoreSettings
from core.testing import running
from core.web import connections, failures, linger
from core.web.connections import Connections
from core.web.pace import Patience
from core.web.request import Request
from tests.core.web.wire import statuses
from tests.patience import PATIENCE, until

HEAD = b"GET /well HTTP/1.1\r\nHost: a\r\n"
BIG = 30_000_000
ID = b"x-request-id: "


@pytest.fixture
async def hasty() -> AsyncIterator[Any]:
    """A server that gives a client a second, and holds ten connections."""
    Sanic.test_mode = True
    app: Sanic[Any, Any] = Sanic("hasty", request_class=Request, configure_logging=False)
    app.ctx.done = asyncio.Event()
    app.ctx.connections = Connections(
        CoreSettings(
            head_seconds=1,
            idle_seconds=1.5,
            least_speed=1000,
            max_connections=10,
            max_connections_per_address=10,
        )
    )
    failures.handle(app)

    @app.get("/well")
    async def well(request: Any) -> HTTPResponse:
        return text("well\n")

    @app.post("/body")
    async def body(request: Any) -> HTTPResponse:
        return text(str(len(request.body)))

    @app.post("/unread", stream=True)
    async def unread(request: Any) -> HTTPResponse:
        raise NotFound("There is nothing here.")

    @app.get("/big")
    async def big(request: Any) -> HTTPResponse:
        return text("a" * BIG)

    @app.get("/long")
    async def long(request: Any) -> HTTPResponse:
        await asyncio.sleep(2)
        return text("done")

    @app.get("/busy")
    async def busy(request: Any) -> HTTPResponse:
        await app.ctx.done.wait()
        return text("done")

    async with running(app) as url:
        app.ctx.url = url
        yield app
    Sanic._app_registry.pop("hasty")


async def connect(app: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(app.ctx.url)
    return await asyncio.open_connection(address.hostname, address.port)


async def connected(app: Any, count: int) -> None:
    """Wait until the server has so many connections."""
    await until(lambda: len(app.ctx.connections) == count)


@pytest.fixture
def patient(hasty: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Let the server give ten seconds; how many have ``passed`` the test says.

    Those that pass by themselves are few beside them, whatever keeps the process from running.
    """
    hasty.ctx.connections._given = Patience(head=10, idle=300, speed=1000)
    clock = SimpleNamespace(passed=0.0)
    monkeypatch.setattr(connections, "monotonic", lambda: time.monotonic() + clock.passed)
    return clock


async def began(app: Any) -> None:
    """Wait until the server has seen that heads have begun."""
    async with asyncio.timeout(PATIENCE):
        while not [each for each in app.ctx.connections if each.pace.head_since]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def looked(app: Any) -> None:
    """Wait until the server has looked at its connections once more."""
    before = app.ctx.connections._looked
    async with asyncio.timeout(PATIENCE):
        while app.ctx.connections._looked == before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def trickle(app: Any, first: bytes, drop: bytes, pause: float) -> tuple[bytes, float]:
    """Send ``drop`` again and again until the server ends it: what it said, and when.

    In seconds by the turns of the event loop, in which the server runs too.
    """
    reader, writer = await connect(app)
    turns = 0
    writer.write(first)
    answer = asyncio.create_task(all_of(reader))
    while not answer.done():
        with suppress(ConnectionError):
            writer.write(drop)
            await writer.drain()
        await asyncio.wait([answer], timeout=pause)
        turns += 1
    writer.close()
    return answer.result(), turns * pause


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """Return what comes until the connection ends; who goes on sending may see it reset."""
    found = b""
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            found += piece
    return found


async def test_a_head_has_the_time_it_was_given(hasty: Any) -> None:
    began = time.monotonic()
    reader, writer = await connect(hasty)
    writer.write(HEAD)
    assert statuses(await reader.read()) == [408]
    assert time.monotonic() - began >= 1
    writer.close()


async def test_no_byte_moves_the_deadline_of_a_head(hasty: Any) -> None:
    answer, seconds = await trickle(hasty, HEAD, b"X: y\r\n", 0.1)
    assert statuses(answer) == [408], answer
    assert b"request_timeout" in answer
    assert seconds < 2, seconds


async def test_the_deadline_is_each_request_s_own(hasty: Any, patient: SimpleNamespace) -> None:
    reader, writer = await connect(hasty)
    for _ in range(4):
        writer.write(HEAD)
        await began(hasty)
        patient.passed += 6
        await looked(hasty)
        writer.write(b"\r\n")
        assert b"200 OK" in await reader.readuntil(b"well\n")
    writer.close()


async def test_a_head_behind_another_request_has_a_deadline_too(hasty: Any) -> None:
    answer, seconds = await trickle(hasty, HEAD + b"\r\n" + HEAD, b"X: y\r\n", 0.1)
    assert statuses(answer) == [200, 408], answer
    assert seconds < 2.2, seconds


@pytest.mark.parametrize("framing", [b"Content-Length: 100000", b"Transfer-Encoding: chunked"])
async def test_a_body_that_trickles_in_is_given_up(hasty: Any, framing: bytes) -> None:
    head = b"POST /body HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n"
    drop = b"a" if b"Length" in framing else b"1\r\na\r\n"
    answer, seconds = await trickle(hasty, head, drop, 0.1)
    assert statuses(answer) == [408], answer
    assert seconds < 2.2, seconds


async def test_a_body_that_nobody_reads_may_not_trickle_in_either(
    hasty: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linger, "PATIENCE", 2.0)
    head = b"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
    answer, seconds = await trickle(hasty, head, b"a", 0.1)
    assert statuses(answer) == [404], answer
    assert seconds < 3.5, seconds


async def test_a_body_that_is_slow_but_not_too_slow_is_read(
    hasty: Any, patient: SimpleNamespace
) -> None:
    reader, writer = await connect(hasty)
    writer.write(b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n")
    for _ in range(10):
        writer.write(b"a" * 5000)
        await looked(hasty)
        patient.passed += 2.5
    assert (await reader.readuntil(b"50000")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_who_does_not_fetch_a_big_answer_is_cut_off(hasty: Any) -> None:
    _, writer = await connect(hasty)
    writer.write(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    for count in (1, 0):
        await connected(hasty, count)
    writer.close()


async def test_who_fetches_a_big_answer_slowly_gets_it_whole(
    hasty: Any, patient: SimpleNamespace
) -> None:
    reader, writer = await connect(hasty)
    writer.write(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    fetched = 0
    while piece := await asyncio.wait_for(reader.read(2_000_000), PATIENCE):
        fetched += len(piece)
        if fetched == BIG:
            break
        patient.passed = min(patient.passed + 0.1, 40)  # an answer may take sixty
        await asyncio.sleep(0.005)
    assert fetched == BIG
    writer.close()


async def test_an_answer_that_takes_long_is_waited_for(hasty: Any) -> None:
    async with httpx.AsyncClient(base_url=hasty.ctx.url, timeout=PATIENCE) as client:
        assert (await client.get("/long")).text == "done"


async def test_a_connection_without_a_request_ends(hasty: Any) -> None:
    began = time.monotonic()
    reader, writer = await connect(hasty)
    assert await reader.read() == b""
    assert 1.4 < time.monotonic() - began < PATIENCE
    writer.close()


async def test_slow_clients_make_room_for_others(hasty: Any) -> None:
    slow = [await connect(hasty) for _ in range(10)]
    for _, writer in slow:
        writer.write(HEAD)
    deadline = time.monotonic() + PATIENCE
    async with httpx.AsyncClient(base_url=hasty.ctx.url, timeout=PATIENCE) as client:
        while (answer := await client.get("/well")).status_code != 200:
            assert answer.status_code == 503
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
    assert len(hasty.ctx.connections) <= 10
    for _, writer in slow:
        writer.close()


async def test_who_comes_to_a_full_server_is_told_to_come_again(hasty: Any) -> None:
    async with httpx.AsyncClient(base_url=hasty.ctx.url, timeout=PATIENCE) as client:
        working = [asyncio.create_task(client.get("/busy")) for _ in range(10)]
        await connected(hasty, 10)
        await asyncio.sleep(1)
        for _ in range(5):
            reader, writer = await connect(hasty)
            writer.write(HEAD + b"\r\n")
            answer = await all_of(reader)
            assert statuses(answer) == [503], answer
            for line in (b"retry-after: 1", b"connection: close", b"x-content-type-options", ID):
                assert line in answer
            assert b'"code":"unavailable"' in answer
            writer.close()
        hasty.ctx.done.set()
        assert {each.text for each in await asyncio.gather(*working)} == {"done"}
        assert (await client.get("/well")).status_code == 200
