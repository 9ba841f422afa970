"""Tell whoever follows a channel, in every worker on every host.

Usable wherever the application runs: in requests, tasks and commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import msgspec

from core.realtime.store import DatabaseStore

CHANNEL = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*(:[A-Za-z0-9._~-]{1,150})?", re.ASCII)
LONGEST_CHANNEL = 200
LARGEST = 262_144
RECHECK = "realtime.recheck"
"""The channel on which workers tell each other to ask again who may follow a channel."""

GAP = ""
"""In place of a channel: something may be missing on all of them."""

encode = msgspec.json.Encoder().encode


class Bus(Protocol):
    """Where messages are handed over."""

    async def publish(self, channel: str, body: str) -> None:
        """Hand a message over, after the commit of the transaction around this."""


class Recheck(msgspec.Struct, frozen=True):
    """Who may follow ``channel`` has changed: for ``user``, or for all."""

    channel: str
    user: int | None = None


_bus: Bus = DatabaseStore()


@contextmanager
def using(bus: Bus) -> Iterator[None]:
    """Hand messages to ``bus`` inside the block."""
    global _bus
    before, _bus = _bus, bus
    try:
        yield
    finally:
        _bus = before


async def publish(channel: str, message: msgspec.Struct | dict[str, Any]) -> None:
    """Send ``message`` to all who follow ``channel``, such as ``todo.project:12``.

    It is told after the commit of the transaction around this, and not at all if that is undone.
    Messages of one channel arrive in the order of the commits; with Redis, those of two that commit
    at the same moment in either order, the same for everybody. Raises ValueError for a name that is
    no channel's, or for a message over 256 KiB.
    """
    if not CHANNEL.fullmatch(channel) or len(channel) > LONGEST_CHANNEL:
        raise ValueError(f"{channel!r} is no channel: write plugin.things or plugin.things:12.")
    body = encode(message)
    if len(body) > LARGEST:
        raise ValueError(f"A message may have {LARGEST:,} bytes; this one has {len(body):,}.")
    await _bus.publish(channel, body.decode())


async def recheck(channel: str, user: int | None = None) -> None:
    """Have those who follow ``channel`` asked again whether they may: all, or one user (the id).

    Call it in the transaction that changes a right. Who may not follow it any more is
    unsubscribed on every worker within two seconds.
    """
    await _bus.publish(RECHECK, encode(Recheck(channel, user)).decode())
