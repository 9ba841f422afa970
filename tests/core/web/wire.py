"""Requests as bytes, for what no client would send."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 5


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
    with suppress(TimeoutError):
        while True:
            chunk = await asyncio.wait_for(reader.read(65536), PATIENCE if not found else 0.3)
            if not chunk:
                break
            found += chunk
    return found


def statuses(answer: bytes) -> list[int]:
    """Return the status of every response in ``answer``, interim ones too."""
    return [int(found) for found in re.findall(rb"(?:^|\n|\})HTTP/1\.1 (\d{3}) ", answer)]
