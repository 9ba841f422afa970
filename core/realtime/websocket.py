"""RFC 6455 on a connection of Sanic's: no task and no copy per socket.

Sanic's own WebSocket delivers invalid text cut, or raises. Here text is checked as its frames come,
and what is wrong ends the connection at once with the code that the RFC asks for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

from sanic import HTTPResponse
from sanic import Request as SanicRequest
from sanic.server.protocols.websocket_protocol import WebSocketProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeaderValue, ProtocolError
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as HandshakeRequest
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from core.errors import BadRequest

log = logging.getLogger("tenfold.websocket")
log.setLevel(logging.WARNING)  # it tells of each socket that closes

CLOSING = 2.0
"""Seconds that a client has to answer a close, or to take what was written before it."""
FRAMES, WINDOW = 1000, 10.0
"""Frames that a client may send in so many seconds, pings and pieces of messages among them."""
TOO_SLOW = 4408
PING = Frame(Opcode.PING, b"").serialize(mask=False)
HANDSHAKE = frozenset(
    {
        "connection",
        "upgrade",
        "sec-websocket-version",
        "sec-websocket-key",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
    }
)
DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})

_decoder = getincrementaldecoder("utf-8")


def text_frame(text: bytes) -> bytes:
    """Return a message as it goes on the wire: whole, and not masked (RFC 6455, 5.2)."""
    size = len(text)
    if size < 126:
        return b"\x81%c%b" % (size, text)
    if size < 1 << 16:
        return b"\x81\x7e%b%b" % (size.to_bytes(2, "big"), text)
    return b"\x81\x7f%b%b" % (size.to_bytes(8, "big"), text)


class Receiver(Protocol):
    """Whoever is told what a socket receives."""

    def received(self, message: str | bytes) -> None:
        """Take a whole message."""

    def stopping(self) -> None:
        """Say good-bye: the server stops."""

    def lost(self) -> None:
        """The connection has ended, however."""


class Machine(ServerProtocol):
    """The protocol without the network: whole messages go to ``take``.

    Invalid text fails it, and so do more frames than anybody needs: the smallest costs as much as
    any other.
    """

    def __init__(self, largest: int, subprotocols: list[Any]) -> None:
        def choose(_: ServerProtocol, offered: Any) -> Any:
            return next((each for each in subprotocols if each in offered), None)

        super().__init__(max_size=largest, select_subprotocol=choose, state=OPEN, logger=log)
        self.take: Callable[[str | bytes], None]
        self._text: Any = None
        self._parts: list[Any] = []
        self._began, self._frames = time.monotonic(), 0

    def recv_frame(self, frame: Frame) -> None:
        """Take a frame. An error raised here fails the connection with the code for it."""
        self._count()
        super().recv_frame(frame)
        self.events.clear()
        if frame.opcode in DATA:
            self._add(frame)

    def _count(self) -> None:
        now = time.monotonic()
        if now > self._began + WINDOW:
            self._began, self._frames = now, 0
        self._frames += 1
        if self._frames > FRAMES:
            self.fail(CloseCode.POLICY_VIOLATION, "too many frames")
            raise ProtocolError("too many frames")

    def _add(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._text = _decoder() if frame.opcode is Opcode.TEXT else None
        text = self._text
        part = bytes(frame.data) if text is None else text.decode(frame.data, frame.fin)
        if not frame.fin:
            if part:
                self._parts.append(part)
            return
        if self._parts:
            part = part[:0].join([*self._parts, part])
            self._parts.clear()
        self.take(part)


class WebSocket:
    """One socket. What Sanic's protocol asks of its own WebSocket, it may ask of this one."""

    def __init__(self, connection: WebSocketProtocol, machine: Machine, queue: int) -> None:
        self.ws_proto, self.loop = machine, connection.loop
        self.heard = self.loop.time()
        self.receiver: Receiver
        self._transport: Any = connection.transport
        self._queue = queue
        self._cut: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self.ws_proto.state is OPEN

    def write(self, frames: bytes) -> bool:
        """Send what is framed already; False when the client reads too slowly to be sent more."""
        if self._transport.get_write_buffer_size() > self._queue:
            return False
        if self.ws_proto.state is OPEN:
            self._transport.write(frames)
        return True

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self.is_open:
            self._transport.write(PING)

    def end(self, code: int, reason: str = "") -> None:
        """Close the socket; a client that does not answer is cut off."""
        if self.is_open:
            self.ws_proto.send_close(code, reason)
            self.flush()
        self._cut_later()

    def _cut_later(self) -> None:
        if self._cut is None:
            self._cut = self.loop.call_later(CLOSING, self._transport.abort)

    def flush(self) -> None:
        """Send what the protocol has to say."""
        for data in self.ws_proto.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._finish()

    def _finish(self) -> None:
        """Send no more, but go on reading: closing with something unread could undo the close."""
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()
        self._cut_later()

    # What Sanic's protocol calls

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network."""
        self.heard = self.loop.time()
        self.ws_proto.receive_data(data)
        self.flush()
        if self.is_open and self._transport.get_write_buffer_size() > self._queue:
            self.ws_proto.fail(TOO_SLOW, "too slow")  # it does not read its pongs
            self.flush()

    def eof_received(self) -> bool:
        """Take the end of what the client sends; the connection ends with it."""
        self.ws_proto.receive_eof()
        self.flush()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Let go of everything."""
        if self._cut is not None:
            self._cut.cancel()
        self.receiver.lost()

    def end_connection(self, code: int) -> None:
        """Stay: Sanic asks this when the handler has returned, and the socket goes on without."""

    async def close(self, code: int = 1001, reason: str = "") -> None:
        """Say good-bye: Sanic asks this when the server stops."""
        self.receiver.stopping()

    def fail_connection(self, code: int) -> None:
        """Cut the connection: Sanic asks this when the server must stop now."""
        self._transport.abort()


class Accept(Protocol):
    """Makes the receiver of a new socket."""

    def __call__(self, socket: WebSocket) -> Receiver:
        """Take the socket over."""


def _asked(request: SanicRequest) -> HandshakeRequest:
    """Return what the handshake reads; of other headers it would not take all that HTTP does."""
    headers = Headers()
    try:
        for name, value in request.headers.items():
            if name in HANDSHAKE:
                headers[name] = value
    except InvalidHeaderValue as error:
        raise BadRequest(f"The header {error.name} must be ASCII.") from None
    return HandshakeRequest(path=request.path, headers=headers)


class Upgrade(HTTPResponse):
    """The answer that turns a connection into a WebSocket (RFC 6455, 4.2). Raises BadRequest.

    ``largest``: bytes of a message from the client; ``queue``: bytes that may wait for it.
    """

    def __init__(
        self,
        request: SanicRequest,
        accept: Accept,
        *,
        largest: int = 1_048_576,
        queue: int = 1_048_576,
        subprotocols: tuple[str, ...] = (),
    ) -> None:
        super().__init__(status=HTTPStatus.SWITCHING_PROTOCOLS)
        self._request, self._accept, self._queue = request, accept, queue
        self._machine = Machine(largest, list(subprotocols))
        self._head = self._machine.accept(_asked(request))
        if self._head.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            raise BadRequest(
                "This address speaks WebSocket (RFC 6455): ask with a WebSocket client. "
                f"{self._machine.handshake_exc}."
            )

    async def send(self, *_: object, **__: object) -> None:
        """Switch. Whatever the client has sent too early is taken as the beginning."""
        connection: Any = self._request.stream.protocol  # type: ignore[union-attr]
        if connection.transport is None or connection.transport.is_closing():
            return
        early = bytes(connection.recv_buffer)
        connection.recv_buffer.clear()
        connection.transport.write(self._head.serialize())
        socket = connection.websocket = WebSocket(connection, self._machine, self._queue)
        socket.receiver = self._accept(socket)
        self._machine.take = socket.receiver.received
        connection.transport.resume_reading()
        if early:
            socket.data_received(early)
