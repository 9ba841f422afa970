"""Stands between a server and PostgreSQL, and does what networks and machines do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.ports import free_port


class Proxy:
    """Hands bytes on, unless it is ``frozen``; ``cut`` ends all connections and takes no more."""

    def __init__(self, host: str, port: int) -> None:
        self._behind = host, port
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = free_port()

    async def open(self) -> None:
        """Listen, at the same port each time."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Refuse whoever comes and reset whoever is there."""
        assert self._server is not None
        self._server.close()
        self._server = None
        for writer in self._writers:
            writer.transport.abort()

    @asynccontextmanager
    async def frozen(self) -> AsyncIterator[None]:
        """Take everything and hand nothing on while the block runs."""
        self._flows.clear()
        try:
            yield
        finally:
            self._flows.set()

    @asynccontextmanager
    async def refusing(self) -> AsyncIterator[None]:
        """Refuse every connection while the block runs."""
        await self.cut()
        try:
            yield
        finally:
            await self.open()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:  # who was let in at the last moment
            writer.transport.abort()
            return
        self._writers.add(writer)
        with suppress(OSError):
            await self._flows.wait()
            far_reader, far_writer = await asyncio.open_connection(*self._behind)
            self._writers.add(far_writer)
            await asyncio.gather(
                self._hand_on(reader, far_writer), self._hand_on(far_reader, writer)
            )
            self._writers.discard(far_writer)
        self._writers.discard(writer)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
