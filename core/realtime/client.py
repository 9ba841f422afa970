"""What a client says on a WebSocket, and what it is answered. See docs/realtime.md."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.auth.authorization.identity import CurrentUser
from core.auth.sessions.standing import Standing
from core.db.errors import is_passing
from core.realtime.bus import LONGEST_CHANNEL, encode
from core.realtime.connections import DROPPED, Connections
from core.realtime.hub import Hub
from core.realtime.sealed import Sealed
from core.realtime.websocket import TOO_SLOW, WebSocket, text_frame

log = logging.getLogger("tenfold.realtime")

RETRY = 1000
"""Milliseconds after which a client may come back at the earliest; it adds some of its own."""

TOO_OFTEN = 4429

Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_CHANNEL)]
Names = Annotated[list[Name], Meta(min_length=1, max_length=1000)]
Id = Annotated[str, Meta(pattern="^[0-9]{1,19}$")]


class Said(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """Anything that a client may say."""


class Subscribe(Said, frozen=True, tag="subscribe"):
    """Follow channels; ``since``: the last message id that was seen, of all or of each."""

    channels: Names
    since: Id | dict[Name, Id] | None = None


class Unsubscribe(Said, frozen=True, tag="unsubscribe"):
    """Follow channels no more."""

    channels: Names


class Ping(Said, frozen=True, tag="ping"):
    """Ask whether the server is there."""


_decode = msgspec.json.Decoder(Subscribe | Unsubscribe | Ping).decode


class Client:
    """One WebSocket, and who is behind it."""

    def __init__(
        self, socket: WebSocket, standing: Standing, hub: Hub, connections: Connections
    ) -> None:
        self.standing = standing
        self._socket, self._hub, self._connections = socket, hub, connections
        self._channels: set[str] = set()
        self._said: asyncio.Queue[Subscribe | Unsubscribe | Ping] = asyncio.Queue()
        self._working: asyncio.Task[None] | None = None
        connections.add(self)

    @property
    def user(self) -> CurrentUser:
        """Who is behind it."""
        return self.standing.user

    # From the client

    def received(self, message: str | bytes) -> None:
        """Take a message."""
        if not self._socket.is_open:
            return
        if not self._connections.counts(self.user.id, self._too_often):
            self._too_often()
        elif isinstance(message, bytes):
            self.end(1003, "send text")
        else:
            self._read(message)

    def _too_often(self) -> None:
        self.end(TOO_OFTEN, "too many messages")

    def _read(self, message: str) -> None:
        try:
            said = _decode(message)
        except msgspec.ValidationError as error:
            self._send({"type": "error", "code": "invalid", "message": str(error)[:300]})
        except (msgspec.DecodeError, RecursionError):
            self._send({"type": "error", "code": "bad_json", "message": "Send JSON."})
            self.end(1007, "not JSON")
        else:
            self._do(said)

    def _do(self, said: Subscribe | Unsubscribe | Ping) -> None:
        """Work off what was said in its order: the id of a pong is behind what came before it."""
        if isinstance(said, Ping) and self._working is None:
            self._pong()
            return
        self._said.put_nowait(said)
        if self._working is None:
            self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        try:
            while not self._said.empty():
                said = self._said.get_nowait()
                if isinstance(said, Subscribe):
                    await self._subscribe(said)
                elif isinstance(said, Ping):
                    self._pong()
                else:
                    self._unsubscribe(said.channels)
        except Exception as error:
            if not is_passing(error):
                log.exception("A subscription of user %d failed.", self.user.id)
            self.end(1013, "try again later")
        finally:
            self._working = None

    async def _subscribe(self, said: Subscribe) -> None:
        channels = list(dict.fromkeys(said.channels))
        if len(self._channels.union(channels)) > self._connections.settings.channels:
            most = self._connections.settings.channels
            text = f"A connection may follow {most} channels."
            self._send({"type": "error", "code": "too_many_channels", "message": text})
            return
        live = await self._hub.join(self, channels, _since(said))
        if not self._socket.is_open:
            self._hub.leave(self, live)
            return
        self._channels.update(live)
        at = str(self._hub.position)
        for channel in channels:
            if channel in live:
                self._send({"type": "subscribed", "channel": channel, "id": at})
            else:
                self._send({"type": "refused", "channel": channel, "code": "not_found"})

    def _pong(self) -> None:
        self._send({"type": "pong", "id": str(self._hub.position)})

    def _unsubscribe(self, channels: Sequence[str]) -> None:
        self._hub.leave(self, channels)
        self._channels.difference_update(channels)
        for channel in channels:
            self._send({"type": "unsubscribed", "channel": channel})

    # To the client

    def deliver(self, sealed: Sealed) -> None:
        """Send messages; who does not read is not waited for."""
        if not self._socket.write(sealed.frames):
            DROPPED.add()
            self.end(TOO_SLOW, "too slow")

    def missed(self, channels: Sequence[str]) -> None:
        """Tell that something may have been missed."""
        for channel in channels:
            self._send({"type": "gap", "channel": channel})

    def excluded(self, channel: str) -> None:
        """Tell that a channel is followed no more."""
        self._channels.discard(channel)
        self._send({"type": "unsubscribed", "channel": channel, "code": "not_found"})

    def _send(self, message: dict[str, Any]) -> None:
        if not self._socket.write(text_frame(encode(message))):
            DROPPED.add()
            self.end(TOO_SLOW, "too slow")

    # Its life

    def rights_changed(self) -> None:
        """Ask for each channel whether it may still be followed."""
        self._hub.ask_again(list(self._channels), self.user.id)

    def look(self, now: float, heartbeat: float) -> None:
        """Cut off who has been silent for two pings; else ping who has been for one."""
        silent = now - self._socket.heard
        if silent > 2.5 * heartbeat:
            self._leave()
            self._socket.fail_connection(1006)
        elif silent > heartbeat:
            self._socket.ping()

    def end(self, code: int, reason: str) -> None:
        """Close the socket."""
        self._leave()
        self._socket.end(code, reason)

    def stopping(self) -> None:
        """Say good-bye; a client may come back to another worker at once."""
        self._send({"type": "bye", "retry_after_ms": RETRY})
        self.end(1012, "the server restarts")

    def lost(self) -> None:
        """Let go of everything: the connection has ended."""
        self._leave()
        self._connections.remove(self)
        if self._working is not None:
            self._working.cancel()

    def _leave(self) -> None:
        self._hub.leave(self, list(self._channels))
        self._channels.clear()


def _since(said: Subscribe) -> Mapping[str, int]:
    if said.since is None:
        return {}
    if isinstance(said.since, str):
        return dict.fromkeys(said.channels, int(said.since))
    return {channel: int(id) for channel, id in said.since.items()}
