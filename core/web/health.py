"""Whether this process runs, and whether all it needs is well."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest

from core.db.engine import engine
from core.errors import Problem
from core.plugins import Plugins
from core.web.answer import Answer
from core.web.response import encode, headers_of

log = logging.getLogger("tenfold")

PATIENCE = 3.0


def mount(app: Sanic[Any, Any]) -> None:
    """Serve ``/health/live`` and ``/health/ready``."""
    app.ctx.rounds = Rounds(app.ctx.plugins)
    app.add_route(live, "/health/live", methods=["GET", "HEAD"], name="live")
    app.add_route(ready, "/health/ready", methods=["GET", "HEAD"], name="ready")


async def live(request: SanicRequest) -> HTTPResponse:
    """Answer that this process runs. Touches nothing."""
    return Answer(b'{"status":"ok"}', 200, headers_of(request), "application/json")


async def ready(request: SanicRequest) -> HTTPResponse:
    """Ask the database and every plugin at once; 503 names the sick ones."""
    if request.app.ctx.leaving:
        return _verdict(request, {"server": "is stopping"})
    answers = await request.app.ctx.rounds.answers()
    return _verdict(
        request, answers | dict.fromkeys(request.app.ctx.lifespans.ill, "is not running")
    )


class Rounds:
    """Asks all at once, and one round at a time: who comes meanwhile is told what it brings.

    Anybody may ask how the server is, as often as they like; the database, and what plugins ask
    far away, must not feel it.
    """

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._round: asyncio.Task[dict[str, str]] | None = None

    async def answers(self) -> dict[str, str]:
        """Return what each says of itself."""
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._ask())
        return await asyncio.shield(self._round)

    async def _ask(self) -> dict[str, str]:
        asked = {"database": _ask("database", engine().fetch("SELECT 1"))}
        asked |= {name: _ask(name, answer) for name, answer in self._plugins.call("health")}
        return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))


def _verdict(request: SanicRequest, answers: dict[str, str]) -> HTTPResponse:
    well = all(answer == "ok" for answer in answers.values())
    body = encode({"status": "ok" if well else "ill", "checks": answers})
    return Answer(body, 200 if well else 503, headers_of(request), "application/json")


async def _ask(name: str, answer: Awaitable[Any]) -> str:
    """Return ``ok``, or what is wrong in words that anybody may read; the log says the rest."""
    try:
        async with asyncio.timeout(PATIENCE):
            await answer
    except TimeoutError:
        return f"gave no answer within {PATIENCE:g} seconds"
    except Exception as error:
        log.warning("%s is ill: %s: %s", name, type(error).__name__, error)
        return error.detail if isinstance(error, Problem) else type(error).__name__
    return "ok"
