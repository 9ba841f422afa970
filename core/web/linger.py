"""Ending a connection on which the client still sends.

Closing at once resets it, and a client that is still sending loses the answer that says why.
See RFC 9112, 9.6.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Request

PATIENCE = 2.0
MOST = 64 * 1_048_576


def still_sends(request: Request) -> bool:
    """Tell whether more of a body may come than the server would read."""
    stream: Any = request.stream
    body = getattr(stream, "request_body", None)
    return body == "chunked" or bool(body and stream.request_bytes > stream.request_max_size)


async def linger(request: Request) -> None:
    """Throw away what still comes, for a while. The answer must have been sent."""
    protocol: Any = request.stream.protocol  # type: ignore[union-attr]
    if protocol.transport.can_write_eof():
        protocol.transport.write_eof()
    thrown = 0
    try:
        async with asyncio.timeout(PATIENCE):
            while thrown < MOST and not protocol.transport.is_closing():
                thrown += len(protocol.recv_buffer)
                protocol.recv_buffer.clear()
                await protocol.receive_more()
    except TimeoutError:
        return
