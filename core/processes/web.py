"""A web worker: one process with one event loop, on the socket that all of them share."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any

from sanic import Sanic
from sanic.application.state import ApplicationServerInfo
from sanic.http.constants import HTTP

from core.processes.drain import drain
from core.processes.listening import BACKLOG
from core.processes.voice import Voice
from core.web.protocol import Protocol

log = logging.getLogger("tenfold")


def serve(
    build: Callable[[], Sanic[Any, Any]], listening: socket.socket, seconds: float, voice: Voice
) -> None:
    """Build and serve an application until SIGTERM; then requests have ``seconds`` to end."""
    app = build()
    app.setup_loop()
    # Sanic leaves out the header alt-svc where it knows that one version of HTTP is served
    app.state.server_info.append(ApplicationServerInfo(settings={"version": HTTP.VERSION_1}))
    asyncio.run(_serve(app, listening, seconds, voice))


async def _serve(
    app: Sanic[Any, Any], listening: socket.socket, seconds: float, voice: Voice
) -> None:
    told = asyncio.Event()
    server: Any = await app.create_server(
        sock=listening,
        protocol=Protocol,
        backlog=BACKLOG,
        return_asyncio_server=True,
        asyncio_server_kwargs={"start_serving": False},
    )
    await server.startup()
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    loop.add_signal_handler(signal.SIGUSR1, setattr, app.ctx, "leaving", True)
    async with voice.beating():
        voice.ready()
        await told.wait()
        await drain(app, server, seconds)
