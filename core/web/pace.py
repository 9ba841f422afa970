"""How fast a client must be, so that a slow one does not keep a connection from the others.

Every byte starts an ordinary time-out afresh, and a client that sends one now and then holds its
connection for ever. Here the head has a deadline that no byte moves, and a body, or an answer that
is fetched, a least speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from sanic.http import Stage

from core.settings import CoreSettings

if TYPE_CHECKING:
    from core.web.protocol import Protocol

FAREWELL = 10.0
"""Seconds between asking a connection to end, and cutting it."""


@dataclass(frozen=True)
class Patience:
    """What clients are given: seconds for a head, seconds between requests, bytes a second."""

    head: float
    idle: float
    speed: float

    @classmethod
    def of(cls, core: CoreSettings) -> Patience:
        """Return what the settings say."""
        return cls(core.head_seconds, core.idle_seconds, core.least_speed)


class Late(Enum):
    """What took too long."""

    HEAD = auto()
    BODY = auto()
    READER = auto()
    IDLE = auto()
    ANSWER = auto()
    ENDING = auto()


class Pace:
    """What is known of one connection's speed. It is looked at now and then, never per byte."""

    __slots__ = ("_moved", "_waited", "ended", "head_since")

    def __init__(self) -> None:
        self.head_since = self.ended = 0.0
        self._forget()

    def next_request(self) -> None:
        """Begin afresh."""
        self.head_since = 0.0

    def _forget(self) -> None:
        self._waited = 0.0
        self._moved: int | None = None

    def late(self, protocol: Protocol, now: float, passed: float, given: Patience) -> Late | None:
        """Tell what took too long. ``passed``: seconds since this was asked last."""
        if self.ended:
            return Late.ENDING if now - self.ended > FAREWELL else None
        http: Any = protocol.http
        if not protocol._can_write.is_set():
            transport = protocol.transport
            taken = -transport.get_write_buffer_size() if transport is not None else 0
            return Late.READER if self._crawls(taken, passed, given) else None
        if http is None or protocol.websocket is not None:
            return None
        pending = http.request_body and http.stage is not Stage.REQUEST
        if pending and not protocol._data_received.is_set():
            taken = http.request_bytes - http.request_bytes_left
            return Late.BODY if self._crawls(taken, passed, given) else None
        if self._waited and not pending:
            self._forget()
        if http.stage is Stage.REQUEST:
            self.head_since = self.head_since or now
            return Late.HEAD if now - self.head_since >= given.head else None
        silent = now - protocol._time
        if http.stage is Stage.IDLE:
            return Late.IDLE if silent > given.idle else None
        return Late.ANSWER if silent > protocol.response_timeout else None

    def _crawls(self, moved: int, passed: float, given: Patience) -> bool:
        """Count what has moved while the server waited for the client.

        Where what is left to send has grown there was room for more, so something was taken.
        """
        if self._moved is None or moved < self._moved:
            self._waited, self._moved = 0.0, moved
        self._waited += passed
        if self._waited < given.head:
            return False
        slow = moved - self._moved < given.speed * given.head
        self._waited, self._moved = 0.0, moved
        return slow

    def expendable(self, protocol: Protocol, now: float) -> float | None:
        """Return how long the client has done nothing useful, or None when it does something."""
        http: Any = protocol.http
        if protocol.websocket is not None or http is None:
            return None
        if http.stage is Stage.REQUEST:
            return now - self.head_since if self.head_since else None
        if http.request_body and not protocol._data_received.is_set():
            return self._waited
        if http.stage is Stage.RESPONSE and not protocol._can_write.is_set():
            return self._waited
        return now - protocol._time if http.stage is Stage.IDLE else None
