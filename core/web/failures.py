"""Every failure, ours or the framework's, becomes a problem."""

from __future__ import annotations

import logging
from typing import Any

from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest
from sanic.exceptions import PayloadTooLarge, SanicException

from core import errors
from core.db.errors import is_orphan, is_passing
from core.errors import Broken, Conflict, HeadTooLarge, Problem, TooLarge, Unavailable
from core.metrics.registry import counter
from core.web.limits.asking import lost
from core.web.linger import linger, still_sends
from core.web.options import answered, options
from core.web.response import problem

log = logging.getLogger("tenfold")

refused = counter("database_refused", "Requests answered 503: the database was busy or away.")

SENTENCES = {
    400: "The request cannot be read as HTTP. Look at its first line and its headers.",
    404: "There is nothing at this address. GET /api/v1 tells what is here.",
    405: "This address does not answer that method; the header Allow names those it does.",
    408: "The request did not arrive in time. Send it again.",
}
KINDS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        errors.Unauthorized,
        errors.Forbidden,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.TooSlow,
        errors.AddressTooLong,
        errors.RangeNotSatisfiable,
        errors.ExpectationFailed,
        errors.Unavailable,
    )
}


def handle(app: Sanic[Any, Any]) -> None:
    """Answer all that goes wrong in ``app`` with problems."""
    app.exception(Problem)(expected)
    app.exception(PayloadTooLarge)(too_large)
    app.exception(SanicException)(framework)
    app.exception(Exception)(unexpected)


async def expected(request: SanicRequest, error: Problem) -> HTTPResponse:
    """Answer a problem that was raised on purpose."""
    return problem(request, error)


async def framework(request: SanicRequest, error: SanicException) -> HTTPResponse | None:
    """Answer what Sanic refused before any endpoint was reached."""
    if error.status_code >= 500 and error.status_code != 503:
        return await unexpected(request, error)
    if error.status_code in (404, 405) and (found := options(request)):
        return found
    kind = KINDS.get(error.status_code, errors.BadRequest)
    headers = {key.lower(): str(value) for key, value in (error.headers or {}).items()}
    if kind is errors.MethodNotAllowed:
        headers["allow"] = ", ".join(answered(request))
    sentence = SENTENCES.get(error.status_code) or str(error) or "The request cannot be answered."
    answer: Problem = kind(sentence, headers=headers)
    if error.status_code in (404, 405):
        answer = await lost(request, answer)
    if still_sends(request) or error.status_code == errors.TooSlow.status:
        return await _last(request, answer)
    return problem(request, answer)


async def too_large(request: SanicRequest, error: PayloadTooLarge) -> HTTPResponse | None:
    """Answer a body or a head over the limit. What still comes is not kept, but it is read."""
    if not request.head:
        return await _last(request, HeadTooLarge("Send a shorter address and fewer headers."))
    limit = request.app.config.REQUEST_MAX_SIZE
    return await _last(request, TooLarge(f"A body may have {limit:,} bytes here."))


async def _last(request: SanicRequest, error: Problem) -> HTTPResponse | None:
    """Answer, and end the connection in a way that lets the client read it."""
    if request.stream is None:
        return problem(request, error)
    request.stream.keep_alive = False  # type: ignore[attr-defined]
    response = await request.respond(problem(request, error))
    await response.send(end_stream=True)
    await linger(request)
    return None


async def unexpected(request: SanicRequest, error: Exception) -> HTTPResponse:
    """Answer what nobody expected: 503 while the database is away or busy, else 500 and a log.

    What is deleted just when something is to refer to it is a conflict.
    """
    if is_passing(error):
        refused.add()
        log.warning("%s %s: %s: %s", request.method, request.path, type(error).__name__, error)
        return problem(request, Unavailable("The database is busy or away. Try again."))
    if is_orphan(error):
        log.warning("%s %s: %s: %s", request.method, request.path, type(error).__name__, error)
        return problem(request, Conflict("What this refers to was deleted meanwhile. Look again."))
    log.error("%s %s failed (request %s)", request.method, request.path, request.id, exc_info=error)
    return problem(request, Broken(f"This is our mistake. It is logged as request {request.id}."))
