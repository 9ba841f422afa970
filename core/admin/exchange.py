"""One request on Sanic's server, answered by an ASGI application."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sanic import HTTPResponse, Request
from sanic.compat import Header
from sanic.exceptions import PayloadTooLarge, SanicException, ServerError

from core.admin.lifespan import Lifespan

if TYPE_CHECKING:
    from starlette.types import Message, Scope

log = logging.getLogger("tenfold.admin")

BODILESS = (204, 304)
HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


def scope_of(request: Request, root_path: str, state: dict[str, Any]) -> Scope:
    """Return what an ASGI application below ``root_path`` is told about ``request``."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": request.version,
        "method": request.method,
        "scheme": request.scheme,
        "path": unquote(request.path),
        "raw_path": request.path.encode(),
        "root_path": root_path,
        "query_string": request.query_string.encode(),
        "headers": [
            (name.lower().encode(), value.encode(errors="surrogateescape"))
            for name, value in request.headers.items()
            if name.lower() not in HOP_BY_HOP
        ],
        "client": (request.client_ip, request.port),
        "state": state.copy(),
        "extensions": {},
    }


class Exchange:
    """Carries a body of at most ``limit`` bytes in and the answer out, piece by piece."""

    def __init__(self, request: Request, root_path: str, limit: int) -> None:
        self._request, self._root_path, self._limit = request, root_path, limit
        self._stream: Any = request.stream
        self._response: HTTPResponse | None = None
        self._bodiless = request.method == "HEAD"
        self._length = 0
        self._finished = asyncio.Event()
        self._received = False
        self._refused: SanicException | None = None

    async def run(self, running: Lifespan) -> None:
        """Return when the application has answered. Raises what it raised before it began to."""
        self._limit_body()
        scope = scope_of(self._request, self._root_path, running.state)
        # A task of its own, because Sanic lets one request's context variables leak into the next.
        task = asyncio.ensure_future(running.app(scope, self._receive, self._send))
        try:
            await task
            self._require_end()
        except Exception as error:
            self._fail(error)
        finally:
            self._finished.set()

    def _limit_body(self) -> None:
        """Sanic lifts its limit for a streamed body, so here it is set again."""
        self._stream.request_max_size = self._limit
        if int(self._request.headers.get("content-length", 0)) > self._limit:
            self._stream.keep_alive = False
            raise PayloadTooLarge(f"A body may have {self._limit:,} bytes here.")

    async def _receive(self) -> Message:
        if self._refused is not None:
            raise self._refused
        if self._received:
            await self._finished.wait()
            return {"type": "http.disconnect"}
        try:
            chunk = await self._stream.read() if self._stream.request_body else None
        except SanicException as error:
            self._refused = error
            raise
        self._received = not self._stream.request_body
        return {"type": "http.request", "body": chunk or b"", "more_body": not self._received}

    async def _send(self, message: Message) -> None:
        if self._refused is not None:
            raise self._refused
        if message["type"] == "http.response.start":
            self._response = await self._begin(message)
        elif message["type"] == "http.response.body" and self._response is not None:
            await self._go_on(self._response, message)

    async def _begin(self, message: Message) -> HTTPResponse:
        status, headers = message["status"], Header()
        for raw_name, value in message.get("headers", ()):
            name = raw_name.decode("latin-1").lower()
            if name not in HOP_BY_HOP:
                headers.add(name, value.decode(errors="surrogateescape"))
        if status in BODILESS:
            self._bodiless = True
            headers.pop("content-length", None)
        headers.setdefault("x-request-id", str(self._request.id))
        kind = headers.get("content-type", "application/octet-stream")
        response: HTTPResponse = await self._request.respond(
            status=status, headers=headers, content_type=kind
        )
        return response

    async def _go_on(self, response: HTTPResponse, message: Message) -> None:
        """Send a piece. An answer without a body is left to Sanic, which sends its head itself."""
        body, last = message.get("body", b""), not message.get("more_body", False)
        if not self._bodiless:
            await response.send(body, end_stream=last)
        self._length += len(body)
        if last:
            if self._request.method == "HEAD" and response.status not in BODILESS:
                response.headers.setdefault("content-length", str(self._length))
            self._finished.set()

    def _require_end(self) -> None:
        if self._response is None:
            raise ServerError(f"What is served below {self._root_path} sent no answer.")
        if not self._finished.is_set():
            raise ServerError(f"What is served below {self._root_path} stopped in its answer.")

    def _fail(self, error: Exception) -> None:
        if self._refused is not None and self._response is None:
            raise self._refused
        if self._finished.is_set():
            log.error("%s failed after its answer.", self._root_path, exc_info=error)
            return
        if self._response is not None:
            # Cut the connection: ended properly, half an answer would look like a whole one.
            self._request.transport.close()
        raise error
