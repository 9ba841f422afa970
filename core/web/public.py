"""What anybody may read, and may keep for as long as it has not changed."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Callable
from typing import Any

from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest

from core.web.answer import Answer
from core.web.conditions import matches
from core.web.response import headers_of

HTML = "text/html; charset=utf-8"
JSON = "application/json"
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def publish(
    app: Sanic[Any, Any], path: str, name: str, body: Callable[[], bytes], media_type: str
) -> None:
    """Serve ``body()`` at ``path``. It is called once, in a thread, when somebody asks first."""
    made: list[bytes] = []
    one_at_a_time = threading.Lock()

    def make() -> None:
        with one_at_a_time:
            if not made:
                made.append(body())

    async def answer(request: SanicRequest) -> HTTPResponse:
        if not made:
            await asyncio.to_thread(make)
        return public(request, made[0], media_type)

    app.add_route(answer, path, methods=["GET", "HEAD"], name=name)


def public(request: SanicRequest, body: bytes, media_type: str) -> HTTPResponse:
    """Return ``body``, or that it has not changed since it was fetched."""
    etag = f'"{zlib.crc32(body):08x}{len(body):x}"'
    headers = headers_of(request) | {"cache-control": "public, no-cache", "etag": etag}
    if media_type == HTML:
        headers["content-security-policy"] = POLICY
    if matches(request.headers.get("if-none-match", ""), etag):
        return Answer(b"", 304, headers)
    return Answer(body, 200, headers, media_type)
