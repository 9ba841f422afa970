"""How a connection is treated: when it comes, when its client is slow, when it goes away."""

from __future__ import annotations

from typing import Any

from sanic.exceptions import RequestTimeout, ServiceUnavailable
from sanic.http import Stage
from sanic.server.protocols.websocket_protocol import WebSocketProtocol

from core.settings import CoreSettings
from core.web.connections import Connections
from core.web.full import Refusal
from core.web.http import Http
from core.web.pace import Late, Pace

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SHORT = 0.5
"""Seconds that a read whose client has gone may still take."""


class Protocol(WebSocketProtocol):
    """Sanic's protocol, but what changes something is carried to its end.

    Sanic cancels a handler when its client disconnects. A change that has begun goes on, so that it
    is whole, and whoever waits to be told of it is told. A read is stopped, but not before it has
    had time for what most reads need: a statement that is cancelled on PostgreSQL takes its
    connection along, and making another costs more than the statement.

    How long a client may take is said by core/web/pace.py, how many there may be by
    core/web/connections.py.
    """

    HTTP_CLASS = Http
    __slots__ = ("_refusal", "_watch", "pace")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.pace = Pace()
        self._watch = connections_of(self.app)
        self._refusal: Refusal | None = None

    def connection_made(self, transport: Any) -> None:
        """Take the client in, or tell it that there are too many."""
        if self._watch.admit(self, transport):
            super().connection_made(transport)  # type: ignore[no-untyped-call]
        else:
            self._refusal = Refusal(transport, self.loop, self.app)

    def data_received(self, data: bytes) -> None:
        """Take what came; from a client that was refused nothing is taken."""
        if self._refusal is None:
            super().data_received(data)  # type: ignore[no-untyped-call]

    def check_timeouts(self) -> None:
        """Do nothing: Sanic's timer per connection is not needed."""

    def end(self, late: Late) -> None:
        """End a connection whose client, or handler, took too long."""
        http: Any = self.http
        if late in (Late.READER, Late.ENDING):
            self.cut()
        elif late is Late.IDLE or http.stage is Stage.IDLE:
            self.close()
        else:
            known = late is Late.ANSWER
            http.exception = ServiceUnavailable() if known else RequestTimeout()
            http.keep_alive = False
            if self._task is not None:
                self._task.cancel()

    def cut(self) -> None:
        """End the connection at once, whatever is still to be sent."""
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up; stop the handler unless it changes something, or will soon be done."""
        if self._refusal is not None:
            self._refusal.over()
            return
        self._watch.leave(self)
        task, request = self._task, self._being_handled()
        if request is not None:
            self._task = None
        super().connection_lost(exc)  # type: ignore[no-untyped-call]
        self._task = task
        if task is not None and request is not None and request.method in SAFE:
            self.loop.call_later(SHORT, task.cancel)

    def _being_handled(self) -> Any:
        """Return the request whose handler is at work and has not begun to answer."""
        http = self._http if hasattr(self, "_http") else None
        if http is None or http.stage is not Stage.HANDLER or http.upgrade_websocket:
            return None
        # The rest of a body will never come.
        return None if http.request_body else http.request


def connections_of(app: Any) -> Connections:
    """Return what looks after the connections of ``app`` in this process."""
    found: Connections | None = getattr(app.ctx, "connections", None)
    if found is None:
        found = app.ctx.connections = Connections(CoreSettings())
    return found
