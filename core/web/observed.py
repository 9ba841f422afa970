"""Each answered request is told to who counts and logs, with the bytes and the time it took."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from sanic.http import Http as SanicHttp
from sanic.http import Stage

UPGRADED = 101


class ObservedHttp(SanicHttp):
    """Tells ``app.ctx.observer`` of an answer when its last byte is on its way.

    An answer that is cut off is told with the bytes that went; a WebSocket when it is over.
    """

    __slots__ = ("_sent",)

    async def http1(self) -> None:
        """Serve the requests of a connection; ``app.ctx.around_requests`` is put around each."""
        around = getattr(self.protocol.app.ctx, "around_requests", None)
        if around is not None:
            self.protocol.request_handler = around(self.protocol.request_handler)
        try:
            await super().http1()  # type: ignore[no-untyped-call]
        finally:
            if self.stage is Stage.RESPONSE:
                self._told(self.response.status, self._sent)
            elif self.upgrade_websocket and self.request is not None:
                self._told(UPGRADED, 0)

    async def http1_response_header(self, data: bytes, end_stream: bool) -> None:
        """Write the head of the answer, and its body if that is known already."""
        await super().http1_response_header(data, end_stream)
        if self.stage is Stage.IDLE:
            self._told(self.response.status, self.response_size)
        else:
            self._sent = self.response_size

    async def http1_response_chunked(self, data: bytes, end_stream: bool) -> None:
        """Write some of a body of unknown length."""
        self._sent += len(data)
        await super().http1_response_chunked(data, end_stream)
        if end_stream:
            self._told(self.response.status, self._sent)

    async def http1_response_normal(self, data: bytes, end_stream: bool) -> None:
        """Write some of a body whose length is known."""
        self._sent += len(data)
        await super().http1_response_normal(data, end_stream)
        if self.stage is Stage.IDLE:
            self._told(self.response.status, self._sent)

    def create_empty_request(self) -> None:
        """Make a request for what could not be read as one; it has an id of its own."""
        super().create_empty_request()
        self.protocol.request_class._current.set(self.request)

    def _told(self, status: int, size: int) -> None:
        observer: Any = getattr(self.protocol.app.ctx, "observer", None)
        if observer is not None:
            began = self.perft0 if self.request.head else None
            seconds = 0.0 if began is None else perf_counter() - began
            observer.note(self.request, status, size, seconds)
