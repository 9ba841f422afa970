"""OPTIONS: what an address answers, and what a browser asks before it asks for another site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from sanic import HTTPResponse, Request
from sanic.constants import HTTP_METHODS
from sanic.exceptions import MethodNotAllowed, NotFound

from core.web.answer import Answer
from core.web.common_headers import COMMON, CommonHeaders
from core.web.cors import is_preflight
from core.web.response import headers_of


def options(request: Request) -> HTTPResponse | None:
    """Return the answer to OPTIONS; None for an address where nothing is.

    A browser's question is answered everywhere, so that its page may read the 404 that follows.
    """
    if request.method != "OPTIONS":
        return None
    found = list(answered(request))
    if not found and not is_preflight(request):
        return None
    common: CommonHeaders = getattr(request.app.ctx, "common_headers", COMMON)
    headers = headers_of(request) | common.cors.preflight(request, found)
    if found:
        headers["allow"] = ", ".join(found)
    return Answer(b"", 204, headers)


def answered(request: Request) -> Iterator[str]:
    """Yield the methods that this address answers; Sanic does not know them where ids are in it."""
    found = False
    for method in HTTP_METHODS:
        if method == "OPTIONS" and found:
            yield method
            continue
        with suppress(NotFound, MethodNotAllowed):
            request.app.router.get(request.path, method, request.headers.get("host"))
            found = True
            yield method
