"""Every failure, ours or the framework's, becomes a problem."""

from __future__ import annotations

import logging
from typing import Any

from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest
from sanic.exceptions import MethodNotAllowed, PayloadTooLarge, SanicException
from sanic.exceptions import NotFound as NoRoute

from core.db.errors import is_passing
from core.errors import Problem, Unavailable
from core.web.response import problem

log = logging.getLogger("tenfold")


class Framework(Problem):
    """A failure that Sanic found before any endpoint was reached."""

    def __init__(self, error: SanicException) -> None:
        headers = {key.lower(): str(value) for key, value in (error.headers or {}).items()}
        super().__init__(_sentence(error), headers=headers)
        self.status = error.status_code  # type: ignore[misc]
        self.code, self.title = _names(error)  # type: ignore[misc]


class Broken(Problem):
    """A mistake of ours."""

    status, code, title = 500, "internal_error", "Internal error"


class TooLarge(Problem):
    """The body is larger than the server takes."""

    status, code, title = 413, "payload_too_large", "Payload too large"


def _sentence(error: SanicException) -> str:
    if isinstance(error, NoRoute):
        return "There is nothing at this address. GET /api/v1 tells what is here."
    if isinstance(error, MethodNotAllowed):
        return "This address does not answer that method; the header Allow names those it does."
    return str(error) or "The request cannot be answered."


def _names(error: SanicException) -> tuple[str, str]:
    known = {
        400: ("bad_request", "Bad request"),
        404: ("not_found", "Not found"),
        405: ("method_not_allowed", "Method not allowed"),
        408: ("request_timeout", "Request timeout"),
        413: ("payload_too_large", "Payload too large"),
        416: ("range_not_satisfiable", "Range not satisfiable"),
        417: ("expectation_failed", "Expectation failed"),
        503: ("unavailable", "Unavailable"),
    }
    return known.get(error.status_code, ("error", "Error"))


def handle(app: Sanic[Any, Any]) -> None:
    """Answer all that goes wrong in ``app`` with problems."""
    app.exception(Problem)(expected)
    app.exception(PayloadTooLarge)(too_large)
    app.exception(SanicException)(framework)
    app.exception(Exception)(unexpected)


async def expected(request: SanicRequest, error: Problem) -> HTTPResponse:
    """Answer a problem that was raised on purpose."""
    return problem(request, error)


async def framework(request: SanicRequest, error: SanicException) -> HTTPResponse:
    """Answer what Sanic refused."""
    if error.status_code >= 500 and error.status_code != 503:
        return await unexpected(request, error)
    return problem(request, Framework(error))


async def too_large(request: SanicRequest, error: PayloadTooLarge) -> HTTPResponse:
    """Answer a body over the limit."""
    limit = request.app.config.REQUEST_MAX_SIZE
    return problem(request, TooLarge(f"A body may have {limit:,} bytes here."))


async def unexpected(request: SanicRequest, error: Exception) -> HTTPResponse:
    """Answer what nobody expected: 503 while the database is away or busy, else 500 and a log."""
    if is_passing(error):
        log.warning("%s %s: %s: %s", request.method, request.path, type(error).__name__, error)
        return problem(request, Unavailable("The database is busy or away. Try again."))
    log.error("%s %s failed (request %s)", request.method, request.path, request.id, exc_info=error)
    return problem(request, Broken(f"This is our mistake. It is logged as request {request.id}."))
