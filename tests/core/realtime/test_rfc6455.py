"""The cases of the Autobahn test suite, groups 1 to 7 and 10: what a server must do with frames.

The socket under test sends back what it gets. The numbers are Autobahn's. 7.1.5 is left out, as
what it asks for is optional.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sanic import Request, Sanic

from core.realtime.websocket import FRAMES, Machine, Upgrade, WebSocket
from core.testing import running
from tests.core.realtime.autobahn import CASES, GREEK, Case
from tests.core.realtime.wire import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    Frame,
    Peer,
    close,
    frame,
)

LARGEST = 16 * 2**20 + 1


class Echo:
    """Sends back what it gets."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    def received(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self._socket.ws_proto.send_text(message.encode())
        else:
            self._socket.ws_proto.send_binary(message)
        self._socket.flush()

    def stopping(self) -> None:
        self._socket.end(1012)

    def lost(self) -> None:
        pass


@pytest.fixture(scope="module")
async def echo() -> AsyncIterator[str]:
    """Return the URL of a server whose socket sends back what it gets."""
    Sanic.test_mode = True
    app: Any = Sanic("echo", configure_logging=False)

    async def answer(request: Request) -> Any:
        return Upgrade(request, Echo, largest=LARGEST, queue=LARGEST)

    app.add_route(answer, "/echo")
    async with running(app) as url:
        yield url
    Sanic._app_registry.pop("echo", None)


@pytest.mark.parametrize("case", CASES, ids=[case.number for case in CASES])
async def test_autobahn(echo: str, case: Case) -> None:
    peer = await Peer.open(echo, "/echo")
    await peer.send(case.send, chop=case.chop)
    if case.code is None:
        for _ in case.back:
            await asyncio.sleep(0)
        await peer.send(close(1000))
    frames = await peer.rest()
    peer.end()
    assert frames, "the connection was cut"
    *before, last = frames
    assert [(each.opcode, each.data) for each in before] == case.back
    assert last.opcode == CLOSE
    assert code_of(last) in codes_of(case)


def code_of(last: Frame) -> int:
    return int.from_bytes(last.data[:2], "big") if last.data else 0


def codes_of(case: Case) -> tuple[int, ...]:
    if case.code is None:
        return (1000,)
    return case.code if isinstance(case.code, tuple) else (case.code,)


@pytest.mark.parametrize("place", [1, 2])
async def test_wrong_text_is_refused_before_the_message_is_complete(echo: str, place: int) -> None:
    """Autobahn 6.4.1 and 6.4.2: the rest of it never comes."""
    peer = await Peer.open(echo, "/echo")
    bad = b"\xf4\x90\x80\x80" if place == 1 else b"\xf4\x90"
    await peer.send(frame(TEXT, GREEK, fin=False), frame(CONT, bad, fin=False))
    (last,) = await peer.rest()
    peer.end()
    assert code_of(last) == 1007


@pytest.mark.parametrize("place", [3, 4])
async def test_wrong_text_in_one_frame_is_refused_with_the_frame(echo: str, place: int) -> None:
    """Autobahn 6.4.3 and 6.4.4: the frame comes in pieces."""
    peer = await Peer.open(echo, "/echo")
    whole = frame(TEXT, GREEK + b"\xf4\x90\x80\x80" + b"edited")
    cut = len(whole) - (10 if place == 3 else 8)
    await peer.send(whole[:cut])
    await asyncio.sleep(0.01)
    await peer.send(whole[cut:])
    (last,) = await peer.rest()
    peer.end()
    assert code_of(last) == 1007


async def test_a_frame_without_a_mask_is_refused(echo: str) -> None:
    peer = await Peer.open(echo, "/echo")
    await peer.send(frame(TEXT, b"Hello", mask=False))
    (last,) = await peer.rest()
    peer.end()
    assert code_of(last) == 1002


@pytest.mark.parametrize("length", [LARGEST + 1, 2**63 - 1])
async def test_a_message_that_will_be_too_large_is_refused_at_its_head(
    echo: str, length: int
) -> None:
    peer = await Peer.open(echo, "/echo")
    await peer.send(frame(BINARY, b"", length=length))
    (last,) = await peer.rest()
    peer.end()
    assert code_of(last) == 1009


async def test_more_frames_than_anybody_needs_end_the_socket(
    echo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pings cost as much as messages do."""
    monkeypatch.setattr("core.realtime.websocket.WINDOW", 3600.0)
    peer = await Peer.open(echo, "/echo")
    await peer.send(*[frame(PING)] * (FRAMES + 1), frame(TEXT, b"more"))
    *pongs, last = await peer.rest()
    peer.end()
    assert {each.opcode for each in pongs} == {PONG}
    assert len(pongs) == FRAMES
    assert code_of(last) == 1008


async def test_empty_pieces_of_a_message_are_not_kept(echo: str) -> None:
    peer = await Peer.open(echo, "/echo")
    await peer.send(frame(TEXT, b"a", fin=False), *[frame(CONT, fin=False)] * 100)
    await peer.send(frame(CONT, b"b", fin=False), frame(CONT), close(1000))
    message, _ = await peer.rest()
    peer.end()
    assert message.data == b"ab"
    machine = Machine(1000, [])
    machine.receive_data(frame(TEXT, b"a", fin=False) + frame(CONT, fin=False) * 100)
    assert machine._parts == ["a"]


class Unread:
    """A connection whose client reads nothing."""

    def __init__(self) -> None:
        self.written, self.aborted = b"", False
        self.transport, self.loop = self, asyncio.get_running_loop()

    def write(self, data: bytes) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return len(self.written)

    def is_closing(self) -> bool:
        return False

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def abort(self) -> None:
        self.aborted = True


async def test_pongs_that_nobody_reads_end_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.realtime.websocket.CLOSING", 0.01)
    connection: Any = Unread()
    socket = WebSocket(connection, Machine(1000, []), queue=1000)
    for _ in range(20):
        socket.data_received(frame(PING, b"x" * 125))
    assert not socket.is_open
    assert len(connection.written) < 1300
    assert connection.written.endswith(b"\x11\x38too slow")
    await asyncio.sleep(0.05)
    assert connection.aborted


async def test_frames_sent_with_the_handshake_are_taken(echo: str) -> None:
    """A client in a hurry does not wait for the 101."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(echo.rpartition(":")[2]))
    writer.write(
        b"GET /echo HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        + frame(TEXT, b"early")
    )
    await reader.readuntil(b"\r\n\r\n")
    assert await asyncio.wait_for(reader.readexactly(7), 30) == b"\x81\x05early"
    writer.close()


@pytest.mark.parametrize(
    "changed",
    [
        "sec-websocket-version: 12",
        "sec-websocket-key: short",
        "upgrade: h2c",
        "connection: keep-alive",
    ],
)
async def test_a_bad_handshake_is_refused(echo: str, changed: str) -> None:
    headers = {
        "host": "x",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    name, _, value = changed.partition(": ")
    headers[name] = value
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", int(echo.rpartition(":")[2]))
    writer.write(f"GET /echo HTTP/1.1\r\n{lines}\r\n".encode())
    first = await asyncio.wait_for(reader.readline(), 30)
    writer.close()
    assert b"101" not in first
