"""Requests as bytes, for what no client would send."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

PATIENCE, SILENCE, TURN = 30.0, 0.3, 0.01
"""Seconds until an answer begins, and after which no more of it comes: by turns of the event loop,
in which the server runs too, so that a busy machine cuts no answer short."""


async def send(server: Any, *parts: bytes, pause: float = 0.02) -> bytes:
    """Send ``parts`` one after another and return all that comes until the connection ends.

    A connection that stays open is read until it is silent for a moment.
    """
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        for part in parts:
            writer.write(part)
            with suppress(ConnectionError):
                await writer.drain()
            await asyncio.sleep(pause)
        return await _all(reader)
    finally:
        writer.close()


async def _all(reader: asyncio.StreamReader) -> bytes:
    found = b""
    while chunk := await _next(reader, SILENCE if found else PATIENCE):
        found += chunk
    return found


async def _next(reader: asyncio.StreamReader, patience: float) -> bytes:
    """Return what comes next; nothing at the end, or when nothing comes."""
    reading = asyncio.ensure_future(reader.read(65536))
    for _ in range(int(patience / TURN)):
        await asyncio.wait([reading], timeout=TURN)
        if reading.done():
            with suppress(ConnectionError):
                return reading.result()
            return b""
    reading.cancel()
    return b""


def statuses(answer: bytes) -> list[int]:
    """Return the status of every response in ``answer``, interim ones too."""
    return [int(found) for found in re.findall(rb"(?:^|\n|\})HTTP/1\.1 (\d{3}) ", answer)]
