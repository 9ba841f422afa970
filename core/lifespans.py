"""What plugins hold open while a worker runs. One that cannot open takes only its own routes away.

A third party's plugin whose lifespan raises, or does not come to its ``yield``, must not stop the
others: its routes answer 503, ``/health/ready`` names it, and it is tried again until it opens.
Core's own plugins are another matter: without them nothing works, so the worker does not start.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from sanic import Request, Sanic

from core.calling import raised_at
from core.errors import Unavailable
from core.homes import home_of
from core.plugins import OWN, Plugins
from core.repeating import repeating

log = logging.getLogger("tenfold")

PATIENCE = 20.0
AGAIN = 5.0
LEAVING = 4.0


class Lifespans:
    """The lifespans of all plugins in one worker."""

    def __init__(self, app: Sanic[Any, Any]) -> None:
        self._app = app
        self._plugins: Plugins = app.ctx.plugins
        self._held = AsyncExitStack()
        self._handlers: dict[Any, Any] = {}
        self.ill: dict[str, str] = {}
        """The plugins that could not open, each with a sentence for the log and for staff."""

    async def open(self) -> None:
        """Enter what each plugin holds, in dependency order."""
        for plugin in self._plugins:
            await self._open(plugin.name)
        if self.ill:
            await self._held.enter_async_context(repeating(AGAIN, self.open_again))

    async def open_again(self) -> None:
        """Try once more what could not be opened."""
        for name in list(self.ill):
            await self._open(name)

    async def close(self) -> None:
        """Leave in reverse order."""
        await self._held.aclose()

    async def _open(self, name: str) -> None:
        missing = [need for need in self._plugins[name].plugin.requires if need in self.ill]
        try:
            if missing:
                raise RuntimeError(f"{missing[0]!r}, which it requires, is not running")
            held = self._plugins.ask(name, "lifespan", app=self._app)
            if held is not None:
                async with asyncio.timeout(PATIENCE):
                    await held.__aenter__()
                self._held.push_async_callback(self._end, name, held)
        except Exception as error:
            if name in OWN:
                error.add_note(f"raised by the plugin {name!r} in its hook lifespan()")
                raise
            home = home_of(self._plugins[name].module)
            self._close_routes(name, _sentence(error, home))
        else:
            self._open_routes(name)

    async def _end(self, name: str, held: AbstractAsyncContextManager[None]) -> None:
        """Leave what one plugin holds; one that fails, or takes too long, keeps nobody waiting."""
        try:
            async with asyncio.timeout(None if name in OWN else LEAVING):
                await held.__aexit__(None, None, None)
        except Exception as error:
            home = home_of(self._plugins[name].module)
            if isinstance(error, TimeoutError):
                where = raised_at(error.__cause__ or error, home)
                reason = f"did not end within {LEAVING:g} seconds of its yield{where}"
            else:
                reason = f"raised {type(error).__name__}: {error}{raised_at(error, home)}"
            log.error("%s: its hook lifespan() %s.", name, reason)

    def _close_routes(self, name: str, reason: str) -> None:
        if self.ill.get(name) != reason:
            log.error("%s: its hook lifespan() %s. Its routes answer 503.", name, reason)
        if name not in self.ill:
            for route in _routes(self._app, name):
                self._handlers[route.name] = route.handler
                route.handler = _unavailable(name)
            type(self._app.router).get.cache_clear()
        self.ill[name] = reason

    def _open_routes(self, name: str) -> None:
        if self.ill.pop(name, None) is None:
            return
        for route in _routes(self._app, name):
            route.handler = self._handlers.pop(route.name)
        type(self._app.router).get.cache_clear()
        log.warning("%s: runs now.", name)


def _routes(app: Sanic[Any, Any], name: str) -> list[Any]:
    """Return the routes of a plugin."""
    return [
        route
        for route in app.router.routes
        if any(app.ctx.owners.get(part) == name for part in route.name.split("."))
    ]


def _unavailable(name: str) -> Any:
    async def unavailable(request: Request, **_: Any) -> None:
        raise Unavailable(
            f"The plugin {name} is not running. The server's log says why; it is tried again.",
            headers={"retry-after": str(int(AGAIN))},
        )

    return unavailable


def _sentence(error: Exception, package: str) -> str:
    """Return what went wrong in a lifespan, and in which line of the plugin's package."""
    if isinstance(error, TimeoutError):
        where = raised_at(error.__cause__ or error, package)
        return f"did not come to its yield within {PATIENCE:g} seconds{where}"
    return f"raised {type(error).__name__}: {error}{raised_at(error, package)}"
