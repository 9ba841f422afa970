"""Channels as Server-Sent Events (WHATWG HTML, 9.2): for those who have no WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sanic import HTTPResponse
from sanic import Request as SanicRequest

from core.auth.authorization.identity import CurrentUser
from core.auth.sessions.standing import Standing
from core.errors import Invalid
from core.realtime.bus import encode
from core.realtime.connections import DROPPED, Connections
from core.realtime.hub import Hub
from core.realtime.sealed import Sealed, chunk
from core.web.response import headers_of

MEDIA_TYPE = "text/event-stream"
RETRY = 1000
"""Milliseconds after which a client comes back when the stream has ended."""
BEGIN = 30.0
"""Seconds after which a stream that has not begun never will."""


def stream_headers(request: SanicRequest) -> dict[str, str]:
    """Return headers with which nobody on the way keeps events back."""
    return headers_of(request) | {"x-accel-buffering": "no"}


class Stream(HTTPResponse):
    """An answer that goes on: events of the channels that its user may follow."""

    def __init__(
        self, request: SanicRequest, standing: Standing, hub: Hub, connections: Connections
    ) -> None:
        super().__init__(headers=stream_headers(request), content_type=MEDIA_TYPE)
        self.standing = standing
        self._request, self._hub, self._connections = request, hub, connections
        self._channels: list[str] = []
        self._transport: Any = None
        self._early: list[bytes] = []
        self._before: int | None = None
        """The id before the first message that came before the stream began."""
        loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = loop.create_future()
        self._begun = loop.time()

    @property
    def user(self) -> CurrentUser:
        """Who reads it."""
        return self.standing.user

    async def subscribe(self, channels: Sequence[str], since: Mapping[str, int]) -> None:
        """Follow channels. Raises Invalid if one is not there, or not for this user."""
        self._connections.add(self)
        try:
            await self._join(channels, since)
        except BaseException:
            self._leave()
            raise

    async def _join(self, channels: Sequence[str], since: Mapping[str, int]) -> None:
        self._before = min(since.values(), default=None)
        live = await self._hub.join(self, channels, since)
        self._channels = live
        if len(live) < len(channels):
            name = next(each for each in channels if each not in live)
            raise Invalid(f"There is no channel {name[:200]!r} that you may follow.")

    async def send(self, *_: object, **__: object) -> None:
        """Send events until the stream is over or its reader has gone."""
        try:
            await super().send(self._opening(), False)
            self._transport = self._request.stream.protocol.transport  # type: ignore[union-attr]
            for part in self._early:
                self._write(part)
            while not await self._is_over(self._connections.settings.heartbeat):
                await super().send(b":\nid: %d\n\n" % self._hub.position, False)
            await super().send(b"", True)
        finally:
            self._leave()

    def _leave(self) -> None:
        self._hub.leave(self, self._channels)
        self._connections.remove(self)

    def _opening(self) -> bytes:
        """Return the first event; who is cut off after it must still be told all that follows."""
        behind = self._before if self._early else None
        return b"retry: %d\nid: %d\nevent: subscribed\ndata: %b\n\n" % (
            RETRY,
            self._hub.position if behind is None else behind,
            encode({"channels": self._channels}),
        )

    async def _is_over(self, seconds: float) -> bool:
        await asyncio.wait({self._over}, timeout=seconds)
        return self._over.done()

    def deliver(self, sealed: Sealed) -> None:
        """Send messages; who does not read is not waited for."""
        if self._before is None:
            self._before = sealed.messages[0].id - 1
        self._write(sealed.events)

    def missed(self, channels: Sequence[str]) -> None:
        """Tell that something may have been missed."""
        if channels:
            self._tell("gap", {"channels": list(channels)})

    def excluded(self, channel: str) -> None:
        """Tell that a channel is followed no more."""
        self._tell("unsubscribed", {"channels": [channel]})

    def _tell(self, event: str, data: dict[str, Any]) -> None:
        self._write(chunk(b"event: %b\ndata: %b\n\n" % (event.encode(), encode(data))))

    def _write(self, part: bytes) -> None:
        if self._transport is None:
            self._early.append(part)
        elif self._over.done() or self._transport.is_closing():
            return
        elif self._transport.get_write_buffer_size() > self._connections.settings.queue:
            DROPPED.add()
            self._transport.abort()
        else:
            self._transport.write(part)

    def rights_changed(self) -> None:
        """Ask for each channel whether it may still be followed."""
        self._hub.ask_again(self._channels, self.user.id)

    def look(self, now: float, heartbeat: float) -> None:
        """Forget a stream whose reader went before it began; else it gives signs of life itself."""
        if self._transport is None and now - self._begun > BEGIN:
            self._leave()

    def end(self, code: int, reason: str) -> None:
        """End the stream; the reader must sign in again."""
        self._finish("end", {"code": code, "reason": reason})

    def stopping(self) -> None:
        """Say good-bye; the reader comes back by itself."""
        self._finish("bye", {"retry_after_ms": RETRY})

    def _finish(self, event: str, data: dict[str, Any]) -> None:
        if not self._over.done():
            self._tell(event, data)
            self._over.set_result(None)
            self._hub.leave(self, self._channels)
