"""Writing an answer: JSON with the headers that every answer has."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from sanic import HTTPResponse
from sanic import Request as SanicRequest

from core.db.pagination import Page
from core.errors import Problem
from core.logs.masking import mask_shapes
from core.web.answer import PRIVATE, Answer
from core.web.conditions import matches

encode = msgspec.json.Encoder().encode


def headers_of(request: SanicRequest) -> dict[str, str]:
    """Return the headers that every private answer carries."""
    return {"x-request-id": str(request.id), **PRIVATE}


class Download(msgspec.Struct, frozen=True):
    """An answer that is a file. Subclass it and say ``media_type: ClassVar[str]``.

    ``etag``: what changes with the content, so that who has it already is told so.
    """

    media_type: ClassVar[str] = "application/octet-stream"
    body: bytes
    filename: str
    etag: str = ""


class WithHeaders(msgspec.Struct, frozen=True):
    """What an endpoint answers, and headers to go with it."""

    result: Any
    headers: dict[str, str]


class ZipFile(Download, frozen=True):
    """A zip archive."""

    media_type: ClassVar[str] = "application/zip"


def respond(request: SanicRequest, result: Any, status: int) -> HTTPResponse:
    """Return ``result`` as an answer.

    Its ``version`` becomes the ETag; its ``location``, else its ``id`` below here, the Location;
    its ``http_status``, if it has one, the status.
    """
    headers = headers_of(request)
    if type(result) is WithHeaders:
        headers |= result.headers
        result = result.result
    if result is None:
        return Answer(b"", 204, headers)
    status = getattr(result, "http_status", status)
    if isinstance(result, Download):
        return _file(request, result, status, headers)
    version = getattr(result, "version", None)
    if version is not None:
        etag = headers["etag"] = f'"{version}"'
        headers["cache-control"] = "private, no-cache"
        if request.method in ("GET", "HEAD"):
            asked = request.headers.get("if-none-match")
            if asked is not None and matches(asked, etag):
                return Answer(b"", 304, headers)
    if status == 201 and (location := _location(request, result)):
        headers["location"] = location
    if type(result) is Page and result.next is not None:
        headers["link"] = next_page(request, result.next)
    return Answer(encode(result), status, headers, "application/json")


def _file(
    request: SanicRequest, file: Download, status: int, headers: dict[str, str]
) -> HTTPResponse:
    headers["content-disposition"] = f'attachment; filename="{file.filename}"'
    if file.etag:
        etag = headers["etag"] = f'"{file.etag}"'
        headers["cache-control"] = "private, no-cache"
        if matches(request.headers.get("if-none-match", ""), etag):
            return Answer(b"", 304, headers)
    return Answer(file.body, status, headers, file.media_type)


def _location(request: SanicRequest, result: Any) -> str | None:
    if location := getattr(result, "location", None):
        return str(location)
    identity = getattr(result, "id", None)
    return None if identity is None else f"{request.path.rstrip('/')}/{identity}"


def next_page(request: SanicRequest, cursor: str) -> str:
    """Return the Link header to the page behind ``cursor`` (RFC 8288)."""
    parts = [part for part in request.query_string.split("&") if part]
    kept = [part for part in parts if not part.startswith("cursor=")]
    query = "&".join([*kept, f"cursor={cursor}"]).replace("<", "%3C").replace(">", "%3E")
    return f'<{request.path}?{query}>; rel="next"'


def problem(request: SanicRequest, error: Problem) -> HTTPResponse:
    """Return ``error`` as ``application/problem+json``."""
    headers = headers_of(request) | error.headers
    out = error.out(str(request.id))
    body = encode(msgspec.structs.replace(out, detail=mask_shapes(out.detail)))
    return Answer(body, error.status, headers, "application/problem+json")
