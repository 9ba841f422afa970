"""Serve any ASGI 3 application below a path of a Sanic application, on Sanic's own server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import redirect

from core.admin.exchange import Exchange
from core.admin.lifespan import Lifespan
from core.errors import Unavailable

if TYPE_CHECKING:
    from starlette.types import ASGIApp

log = logging.getLogger("tenfold.admin")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Bridge:
    """Serves the ASGI application that ``build`` returns below ``prefix``; HTTP, not WebSocket.

    ``build`` is called in a thread when the first request comes, and again at the next request if
    it failed. ``limit`` is the largest body, in bytes. ``meanwhile`` may answer what needs not wait
    for the building.
    """

    def __init__(
        self,
        prefix: str,
        build: Callable[[], ASGIApp],
        *,
        limit: int,
        meanwhile: Callable[[Request], HTTPResponse | None] = lambda _: None,
    ) -> None:
        self._prefix = "/" + prefix.strip("/")
        self._build, self._limit, self._meanwhile = build, limit, meanwhile
        self._starting: asyncio.Task[Lifespan] | None = None

    def attach(self, app: Sanic[Any, Any]) -> None:
        """Add the routes, and the listener that ends the application with its worker."""

        async def handler(request: Request, path: str = "") -> HTTPResponse | None:
            return await self._handle(request)

        name = self._prefix.strip("/").replace("/", "_")
        for number, uri in enumerate(("", "/", "/<path:path>")):
            app.add_route(
                handler,
                self._prefix + uri,
                methods=METHODS,
                name=f"{name}_{number}",
                stream=True,
                strict_slashes=True,
            )
        app.after_server_stop(self._stop)

    async def _handle(self, request: Request) -> HTTPResponse | None:
        if request.path == self._prefix:
            query = f"?{request.query_string}" if request.query_string else ""
            return redirect(f"{self._prefix}/{query}", status=308)
        starting = self._started()
        if not starting.done() and (answer := self._meanwhile(request)) is not None:
            return answer
        running = await asyncio.shield(starting)
        await Exchange(request, self._prefix, self._limit).run(running)
        return None

    def _started(self) -> asyncio.Task[Lifespan]:
        """Return the one build, which all wait for who come meanwhile."""
        if self._starting is None or _failed(self._starting):
            self._starting = asyncio.create_task(self._start(), context=Context())
        return self._starting

    async def _start(self) -> Lifespan:
        try:
            running = Lifespan(await asyncio.to_thread(self._build))
            await running.start()
        except Exception as error:
            log.exception("What is served below %s could not be started.", self._prefix)
            raise Unavailable(
                f"What is served below {self._prefix} could not be started. "
                "The server's log says why; the next request tries again."
            ) from error
        return running

    async def _stop(self, _: Sanic[Any, Any]) -> None:
        task, self._starting = self._starting, None
        if task is not None and task.done() and not _failed(task):
            await task.result().stop()


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
