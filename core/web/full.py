"""What a client is told for whom there is no room."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from core.errors import Unavailable
from core.web.common_headers import COMMON, CommonHeaders
from core.web.request import new_id
from core.web.response import encode

PATIENCE = 1.0
MOST = 200

_waiting = 0


class Refusal:
    """503, then a moment in which the client may read it: closed at once, it might be lost.

    When very many are told so at once, the others are cut off without a word.
    """

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop, app: Any) -> None:
        global _waiting
        _waiting += 1
        if _waiting > MOST:
            transport.abort()
            self._timer = None
            return
        transport.write(_answer(getattr(app.ctx, "common_headers", COMMON)))
        if transport.can_write_eof():
            transport.write_eof()
        self._timer = loop.call_later(PATIENCE, transport.abort)

    def over(self) -> None:
        """Forget it: the connection has ended."""
        global _waiting
        _waiting -= 1
        if self._timer is not None:
            self._timer.cancel()


def _answer(common: CommonHeaders) -> bytes:
    error = Unavailable(
        "There are as many connections as there may be, in all or from your address. Try again."
    )
    identity = new_id()
    body = encode(error.out(identity))
    headers = (
        common.others()
        | error.headers
        | {
            "x-request-id": identity,
            "content-type": "application/problem+json",
            "content-length": str(len(body)),
            "connection": "close",
        }
    )
    status = HTTPStatus(error.status)
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *map(": ".join, headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
