"""WebSocket frames byte by byte, as no library would send them."""

from __future__ import annotations

import asyncio
import os
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

TEXT, BINARY, CONT, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


@dataclass(frozen=True)
class Frame:
    """A frame as it came."""

    opcode: int
    data: bytes
    fin: bool = True


def frame(
    opcode: int,
    data: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bool = True,
    length: int | None = None,
) -> bytes:
    """Return a frame of a client; ``length`` may lie."""
    size = len(data) if length is None else length
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if size < 126:
        head += bytes([mask << 7 | size])
    elif size < 65536:
        head += bytes([mask << 7 | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask << 7 | 127]) + struct.pack("!Q", size)
    if not mask:
        return head + data
    key = os.urandom(4)
    pad = (key * (len(data) // 4 + 1))[: len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")
    return head + key + mixed.to_bytes(len(data), "big")


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


class Peer:
    """A client that sends what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, url: str, path: str) -> Peer:
        """Shake hands."""
        where = urlsplit(url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=2**26)
        writer.write(
            f"GET {path} HTTP/1.1\r\nhost: {where.netloc}\r\nupgrade: websocket\r\n"
            "connection: Upgrade\r\nsec-websocket-version: 13\r\n"
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        assert b"extensions" not in head.lower()
        return cls(reader, writer)

    async def send(self, *parts: bytes, chop: int = 0) -> None:
        """Send bytes, in pieces of ``chop``."""
        data = b"".join(parts)
        if not chop:
            self._writer.write(data)
        for at in range(0, len(data) if chop else 0, chop or 1):
            self._writer.write(data[at : at + chop])
            await asyncio.sleep(0)
        await self._writer.drain()

    async def get(self) -> Frame | None:
        """Return the next frame; None when the connection has ended."""
        try:
            first, second = await self._reader.readexactly(2)
            assert not second & 0x80, "a server masks nothing"
            assert not first & 0x70, "no extension was agreed on"
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
            return Frame(first & 0x0F, await self._reader.readexactly(size), bool(first & 0x80))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def rest(self) -> list[Frame]:
        """Return all frames until the server ends the connection."""
        frames = []
        async with asyncio.timeout(30):
            while (got := await self.get()) is not None:
                frames.append(got)
        return frames

    def end(self) -> None:
        """Go away."""
        self._writer.close()
