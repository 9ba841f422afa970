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
    version: int | None = None


class Problem(Exception):
    """Something the client did or asked for that cannot be done. Subclass it and give it a code.

    ``detail`` is a sentence to a person: what, where, what to do.
    """

    status: ClassVar[int] = 400
    code: str = "bad_request"
    title: ClassVar[str] = "Bad request"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        version: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.version = version

    def out(self, request_id: str) -> ProblemOut:
        """Return what goes on the wire."""
        return ProblemOut(
            type=f"about:blank#{self.code}",
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


class Conflict(Problem):
    """What is asked for contradicts what is there."""

    status, code, title = 409, "conflict", "Conflict"


class PreconditionFailed(Problem):
    """The thing has changed since the client read it."""

    status, code, title = 412, "precondition_failed", "Changed meanwhile"


class UnsupportedMediaType(Problem):
    """The body is not of a type that is understood here."""

    status, code, title = 415, "unsupported_media_type", "Unsupported media type"


class Invalid(Problem):
    """The request can be read, but what it says cannot be accepted."""

    status, code, title = 422, "invalid", "Invalid"


class TooManyRequests(Problem):
    """Too much was asked in too short a time."""

    status, code, title = 429, "too_many_requests", "Too many requests"


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
