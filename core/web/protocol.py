"""How a connection is treated when its client goes away."""

from __future__ import annotations

from sanic.http import Stage
from sanic.server.protocols.websocket_protocol import WebSocketProtocol

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Protocol(WebSocketProtocol):
    """Sanic's protocol, but what changes something is carried to its end.

    Sanic cancels a handler when its client disconnects. A read may be stopped so; a change that has
    begun goes on, so that it is whole, and whoever waits to be told of it is told.
    """

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up; stop the handler unless it changes something."""
        task = self._task
        if self._changes_something():
            self._task = None
        super().connection_lost(exc)  # type: ignore[no-untyped-call]
        self._task = task

    def _changes_something(self) -> bool:
        http = self._http if hasattr(self, "_http") else None
        return (
            http is not None
            and http.stage is Stage.HANDLER
            and http.request is not None
            and http.request.method not in SAFE
            and not http.request_body  # the rest of it will never come
            and not http.upgrade_websocket
        )
