"""Sanic's reading and writing of HTTP/1.1, with what RFC 9112 asks for and it does not do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import Any

from sanic.exceptions import BadRequest
from sanic.http.http1 import HTTP_CONTINUE

from core.web.common_headers import COMMON, CommonHeaders
from core.web.observed import ObservedHttp
from core.web.pace import Pace

SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}(?:[ \t]*;[\t -~\x80-\xff]*)?")
LONGEST_SIZE = 256
TURN = 32
"""Chunks that are read before it is somebody else's turn."""
MANY, SMALL = 1000, 64
"""A body of so many chunks must have so many bytes in each, on average."""


class Http(ObservedHttp):
    """One connection's requests, one after the other.

    What has arrived already is read without waiting for anybody: so that a client with hundreds of
    requests or thousands of chunks in one packet holds up nobody else, the others have their turn
    in between.
    """

    __slots__ = ("_behind", "_chunks")

    def init_for_request(self) -> None:
        """Begin with the next request; its head has not begun to come."""
        self.protocol.pace.next_request()  # type: ignore[attr-defined]
        self._behind, self._chunks = bool(self.recv_buffer), 0
        super().init_for_request()  # type: ignore[no-untyped-call]

    def http1_request_header(self) -> Awaitable[None]:  # type: ignore[override]
        """Read the head of a request. Not async: one coroutine less for each."""
        reading: Awaitable[None] = super().http1_request_header()  # type: ignore[no-untyped-call]
        return self._after_others(reading) if self._behind else reading

    async def _after_others(self, reading: Awaitable[None]) -> None:
        await asyncio.sleep(0)
        await reading

    async def read(self) -> bytes | None:
        """Read some of the body. Raises BadRequest for chunks that two servers read in two ways."""
        pace: Pace = self.protocol.pace  # type: ignore[attr-defined]
        if pace.ended:
            raise BadRequest("The body came too slowly.")
        body: Any = self.request_body
        if body == "chunked" and not self.request_bytes_left:
            await self._require_large_chunks()
            await self._require_size_line()
        return await super().read()

    async def _require_large_chunks(self) -> None:
        self._chunks += 1
        if self._chunks % TURN == 0:
            await asyncio.sleep(0)
        if self._chunks > MANY and (self.request_bytes or 0) < self._chunks * SMALL:
            self.keep_alive = False
            raise BadRequest("Thousands of tiny chunks")

    async def _require_size_line(self) -> None:
        """Wait for CRLF, a size, maybe extensions, and CRLF. Sanic looks at the size alone.

        The first CRLF ends what was before: the head, or the data of a chunk (RFC 9112, 7.1).
        """
        if self.expecting_continue:
            self.expecting_continue = False
            await self._send(HTTP_CONTINUE)
        buffer = self.recv_buffer
        while (end := buffer.find(b"\r\n", 2)) < 0 and len(buffer) <= LONGEST_SIZE:
            if len(buffer) >= 2 and buffer[:2] != b"\r\n":
                break
            await self._receive_more()
        if buffer[:2] != b"\r\n" or end > LONGEST_SIZE or not SIZE.fullmatch(buffer, 2, end):
            self.keep_alive = False
            raise BadRequest("Bad chunked encoding")

    def http1_response_header(self, data: bytes, end_stream: bool) -> Awaitable[None]:  # type: ignore[override]
        """Write the head of the answer, with the headers that every answer carries."""
        common: CommonHeaders = getattr(self.protocol.app.ctx, "common_headers", COMMON)
        common.add(self.request, self.response)  # type: ignore[arg-type]
        return super().http1_response_header(data, end_stream)

    async def head_response_ignored(self, data: bytes, end_stream: bool) -> None:  # type: ignore[override]
        """Leave out the body of an answer to HEAD. Sanic awaits this and has it not async."""
        super().head_response_ignored(data, end_stream)
