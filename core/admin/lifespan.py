"""An ASGI application between its start and its end."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message

STOPPING_SECONDS = 5


class Lifespan:
    """Runs the lifespan protocol of ``app``. Make it inside the event loop that serves the app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return when the application is ready. Raises RuntimeError when it says that it failed.

        One that does not know the protocol ends at once, with or without an error: that is allowed.
        """
        task = self._task = asyncio.create_task(self._run(), context=Context())
        await self._inbox.put({"type": "lifespan.startup"})
        await asyncio.wait({task, self._started}, return_when=asyncio.FIRST_COMPLETED)
        if self._started.done():
            self._started.result()

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await self.app(scope, self._inbox.get, self._send)
        except Exception:
            if self._started.done():
                raise

    async def _send(self, message: Message) -> None:
        if self._started.done():
            return
        if message["type"] == "lifespan.startup.complete":
            self._started.set_result(None)
        elif message["type"] == "lifespan.startup.failed":
            self._started.set_exception(
                RuntimeError(message.get("message") or "It gave no reason.")
            )

    async def stop(self) -> None:
        """Let the application end; one that takes too long is cancelled."""
        if self._task is None or self._task.done():
            return
        await self._inbox.put({"type": "lifespan.shutdown"})
        _, late = await asyncio.wait({self._task}, timeout=STOPPING_SECONDS)
        for task in late:
            task.cancel()
