"""Writing an answer: JSON with the headers that every answer has."""

from __future__ import annotations

from typing import Any

import msgspec
from sanic import HTTPResponse
from sanic import Request as SanicRequest

from core.db.pagination import Page
from core.errors import Problem
from core.web.request import matches

encode = msgspec.json.Encoder().encode


def headers_of(request: SanicRequest) -> dict[str, str]:
    """Return the headers that every private answer carries."""
    return {
        "x-request-id": str(request.id),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }


def respond(request: SanicRequest, result: Any, status: int) -> HTTPResponse:
    """Return ``result`` as an answer; its ``id`` and ``version`` become Location and ETag."""
    headers = headers_of(request)
    if result is None:
        return HTTPResponse(b"", 204, headers)
    version = getattr(result, "version", None)
    if version is not None:
        etag = headers["etag"] = f'"{version}"'
        headers["cache-control"] = "private, no-cache"
        if request.method in ("GET", "HEAD"):
            asked = request.headers.get("if-none-match")
            if asked is not None and matches(asked, etag):
                return HTTPResponse(b"", 304, headers)
    if status == 201 and (identity := getattr(result, "id", None)) is not None:
        headers["location"] = f"{request.path.rstrip('/')}/{identity}"
    if type(result) is Page and result.next is not None:
        headers["link"] = next_page(request, result.next)
    return HTTPResponse(encode(result), status, headers, "application/json")


def next_page(request: SanicRequest, cursor: str) -> str:
    """Return the Link header to the page behind ``cursor`` (RFC 8288)."""
    parts = [part for part in request.query_string.split("&") if part]
    kept = [part for part in parts if not part.startswith("cursor=")]
    return f'<{request.path}?{"&".join([*kept, f"cursor={cursor}"])}>; rel="next"'


def problem(request: SanicRequest, error: Problem) -> HTTPResponse:
    """Return ``error`` as ``application/problem+json``."""
    headers = headers_of(request) | error.headers
    body = encode(error.out(str(request.id)))
    return HTTPResponse(body, error.status, headers, "application/problem+json")
