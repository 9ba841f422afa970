"""The Problem family: every error a client may see, in one shape (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one part of the request; ``path`` is like ``$.title``."""

    path: str
    message: str


class ProblemOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error on the wire, ``application/problem+json``."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldError] = []
    version: int | msgspec.UnsetType = msgspec.UNSET


class Problem(Exception):
    """Something the client did or asked for that cannot be done. Subclass it and give it a code.

    ``detail`` is a sentence to a person: what, where, what to do. A subclass says its ``status``,
    ``code`` and ``title`` as class variables; its docstring is shown at ``/problems/<code>``. Also
    taken: ``errors``, a list of FieldError, and ``headers`` of the answer.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    title: ClassVar[str] = "Bad request"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        version: int | msgspec.UnsetType = msgspec.UNSET,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.version = version

    def out(self, request_id: str) -> ProblemOut:
        """Return what goes on the wire."""
        return ProblemOut(
            type=f"/problems/{self.code}",
            title=self.title,
            status=self.status,
            detail=self.detail,
            code=self.code,
            request_id=request_id,
            errors=self.errors,
            version=self.version,
        )


class BadRequest(Problem):
    """The request cannot be read at all."""


class Unauthorized(Problem):
    """Nobody known is asking."""

    status, code, title = 401, "unauthorized", "Not signed in"

    def __init__(self, detail: str, **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("www-authenticate", 'Bearer realm="tenfold"')


class Forbidden(Problem):
    """Whoever asks is known but may not do this."""

    status, code, title = 403, "forbidden", "Not permitted"


class NotFound(Problem):
    """There is no such thing, or none that the one who asks may know of."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowed(Problem):
    """The address does not answer that method; the header ``Allow`` names those it does."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class TooSlow(Problem):
    """The request did not arrive in time."""

    status, code, title = 408, "request_timeout", "Request timeout"


class Conflict(Problem):
    """What is asked for contradicts what is there."""

    status, code, title = 409, "conflict", "Conflict"


class PreconditionFailed(Problem):
    """The thing has changed since the client read it."""

    status, code, title = 412, "precondition_failed", "Changed meanwhile"


class TooLarge(Problem):
    """The body is larger than the server takes."""

    status, code, title = 413, "payload_too_large", "Payload too large"


class AddressTooLong(Problem):
    """The address is longer than the server takes."""

    status, code, title = 414, "uri_too_long", "Address too long"


class UnsupportedMediaType(Problem):
    """The body is not of a type that is understood here."""

    status, code, title = 415, "unsupported_media_type", "Unsupported media type"


class RangeNotSatisfiable(Problem):
    """The part that was asked for is not there."""

    status, code, title = 416, "range_not_satisfiable", "Range not satisfiable"


class ExpectationFailed(Problem):
    """The header ``Expect`` asks for what the server does not do."""

    status, code, title = 417, "expectation_failed", "Expectation failed"


class Invalid(Problem):
    """The request can be read, but what it says cannot be accepted."""

    status, code, title = 422, "invalid", "Invalid"


class TooManyRequests(Problem):
    """Too much was asked in too short a time."""

    status, code, title = 429, "too_many_requests", "Too many requests"


class HeadTooLarge(Problem):
    """The address and the headers together are longer than the server takes."""

    status, code, title = 431, "head_too_large", "Headers too large"


class Broken(Problem):
    """A mistake of ours. The server's log says more, under the id of the request."""

    status, code, title = 500, "internal_error", "Internal error"


class Unavailable(Problem):
    """The server cannot answer now; the same request may succeed in a moment."""

    status, code, title = 503, "unavailable", "Unavailable"

    def __init__(self, detail: str, **more: Any) -> None:
        super().__init__(detail, **more)
        self.headers.setdefault("retry-after", "1")


def stale(current: Any, name: str) -> Problem:
    """Return the problem for a guarded change that changed nothing.

    ``current`` is the thing as it is now (with its ``version``), or None when there is none.
    """
    if current is None:
        return NotFound(f"There is no such {name}.")
    return PreconditionFailed(
        f"This {name} is at version {current.version} now. Read it again and repeat the change.",
        headers={"etag": f'"{current.version}"'},
        version=current.version,
    )
