"""How a web worker ends: what is under way is answered, and nobody is cut off who need not be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from sanic import Sanic
from sanic.http import Stage

log = logging.getLogger("tenfold")

IDLE = 1.0
"""Seconds in which an idle connection may still bring a request, which is then its last."""
LOOK, LATE = 0.02, 0.25
"""Seconds between two looks, and how much later one may be before the process stood still."""


async def drain(app: Sanic[Any, Any], server: Any, seconds: float) -> None:
    """Stop listening, let requests end for ``seconds``, leave the lifespans, close the database.

    ``app.ctx.stopping`` is set first: whoever holds a connection open for long ends it then.
    """
    server.server.close()
    await server.before_stop()
    _answer_for_the_last_time(server.connections)
    await _ended(server.connections, seconds)
    _cut(server.connections)
    await _cancelled(list(app.tasks))
    await server.after_stop()


def _answer_for_the_last_time(connections: Iterable[Any]) -> None:
    """Let answers to come say ``Connection: close``; to later requests Sanic does it itself."""
    for connection in connections:
        if connection.http is not None and connection.http.stage is not Stage.IDLE:
            connection.http.keep_alive = False


async def _ended(connections: set[Any], seconds: float) -> None:
    """Wait for the connections to end. An idle one is closed, but not at once.

    Its client may be about to send a request, which nobody would answer. When this process stood
    still, as on a machine that was paused, so did its client: such a look does not count.
    """
    now = asyncio.get_running_loop().time
    begun, looks = now(), 0
    while connections and now() < begun + seconds:
        if looks * LOOK >= IDLE:
            for connection in list(connections):
                connection.close_if_idle()
        looked = now()
        await asyncio.sleep(LOOK)
        looks += now() < looked + LOOK + LATE


def _cut(connections: set[Any]) -> None:
    if connections:
        log.warning("%d connections had not ended in time and were cut.", len(connections))
    for connection in list(connections):
        if getattr(connection, "websocket", None):
            connection.websocket.fail_connection(code=1001)
        else:
            connection.abort()


async def _cancelled(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=2)
