"""A server with rooms, and clients of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from core.testing import Server, serving
from tests.clocks import still_time
from tests.core.realtime.rooms import BANNED
from tests.patience import PATIENCE

SOCKET = "/api/v1/realtime/ws"
HEARTBEAT = 15
"""Seconds between two signs of life: so many that no test is so slow that a client seems dead."""


@pytest.fixture(scope="package")
async def server(database: str, tenfold_environment: dict[str, str]) -> AsyncIterator[Server]:
    """Return a server with rooms."""
    environment = {
        **tenfold_environment,
        "TENFOLD_ENABLED": "tests.core.realtime.rooms",
        "TENFOLD_CORE__DATABASE": database,
        "TENFOLD_REALTIME__CONNECTIONS": "5",
        "TENFOLD_REALTIME__CHANNELS": "10",
        "TENFOLD_REALTIME__REPLAYED": "500",
        "TENFOLD_REALTIME__FRAME": "2048",
        "TENFOLD_REALTIME__QUEUE": "65536",
        "TENFOLD_REALTIME__HEARTBEAT": str(HEARTBEAT),
    }
    async with serving(environment) as server:
        yield server


@pytest.fixture
def quick_heart(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server give and expect a sign of life each second."""
    connections = server.app.ctx.realtime.connections
    quick = msgspec.structs.replace(connections.settings, heartbeat=1)
    monkeypatch.setattr(connections, "settings", quick)


@pytest.fixture
def clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all messages be counted in one window, however long they take."""
    still_time(monkeypatch, "core.web.limits.shared")


@pytest.fixture(autouse=True)
def _nobody_is_banned() -> None:
    BANNED.clear()


@pytest.fixture(autouse=True)
def _nobody_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a client have its time to read the end: it runs in the loop of the server."""
    monkeypatch.setattr("core.realtime.websocket.CLOSING", PATIENCE)
    monkeypatch.setattr("core.realtime.redis_feed.PATIENCE", PATIENCE)


class Talking:
    """A WebSocket that speaks JSON."""

    def __init__(self, raw: ClientConnection) -> None:
        self.raw = raw

    async def send(self, **message: Any) -> None:
        await self.raw.send(json.dumps(message))

    async def get(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            found: dict[str, Any] = json.loads(await self.raw.recv())
        return found

    async def subscribe(self, *channels: str, **more: Any) -> list[dict[str, Any]]:
        """Subscribe, and return all answers up to that about the last channel."""
        await self.send(type="subscribe", channels=channels, **more)
        answers = []
        while True:
            answers.append(await self.get())
            answered = answers[-1]["type"] in ("subscribed", "refused", "error")
            if answered and answers[-1].get("channel", channels[-1]) == channels[-1]:
                return answers

    async def closed(self) -> int:
        """Wait until the server closes it, and return the code."""
        async with asyncio.timeout(PATIENCE):
            await self.raw.wait_closed()
        return int(self.raw.close_code or 0)


@asynccontextmanager
async def socket(server: Server, person: Any = None, **more: Any) -> AsyncIterator[Talking]:
    """Open a WebSocket as ``person``."""
    url = server.url.replace("http", "ws") + SOCKET + more.pop("query", "")
    headers = dict(more.pop("headers", {}))
    if person is not None:
        headers["authorization"] = person.headers["authorization"]
    patience: dict[str, Any] = {
        "open_timeout": PATIENCE,
        "close_timeout": PATIENCE,
        "ping_timeout": None,
    }
    async with connect(url, additional_headers=headers, **patience, **more) as raw:
        yield Talking(raw)
