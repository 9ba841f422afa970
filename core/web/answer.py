"""A response that is written fast: what most answers say is encoded beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sanic import HTTPResponse
from sanic.helpers import has_message_body
from sanic.response import BaseHTTPResponse

from core.web.date import date

PRIVATE = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
USUAL = (
    *PRIVATE,
    *PRIVATE.values(),
    "x-request-id",
    "etag",
    "location",
    "link",
    "private, no-cache",
    "content-length",
    "content-type",
    "application/json",
    "application/problem+json",
    "connection",
    "keep-alive",
)
ENCODED: dict[object, bytes] = {each: each.encode() for each in USUAL} | {0: b"0"}


class Answer(HTTPResponse):
    """A response of this server. Header values are made safe, as Sanic does it."""

    __slots__ = ()

    @property
    def processed_headers(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the headers as they go on the wire; no Content-Type where none was given."""
        if self.content_type and has_message_body(self.status):  # type: ignore[no-untyped-call]
            self.headers.setdefault("content-type", self.content_type)
        yield b"date", date()
        known = ENCODED.get
        for name, value in self.headers.items():
            yield known(name) or self._encoded(name), known(value) or self._encoded(value)

    def _encoded(self, value: object) -> bytes:
        text = f"{value}"
        if not text.isprintable():
            text = self._sanitize_header_value(text)
        return text.encode(errors="surrogateescape")


class Prepared(Answer):
    """An answer without a body whose headers were written ``beforehand``, for the hottest paths.

    What is added to it afterwards, as the request's id, is written behind them.
    """

    __slots__ = ("_beforehand",)

    def __init__(self, status: int, beforehand: tuple[bytes, bytes]) -> None:
        BaseHTTPResponse.__init__(self)  # type: ignore[no-untyped-call]
        self.status, self.body, self._beforehand = status, b"", beforehand

    @property
    def processed_headers(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the headers as they go on the wire."""
        known = ENCODED.get
        more = [
            (known(name) or self._encoded(name), known(value) or self._encoded(value))
            for name, value in self.headers.items()
        ]
        return iter(((b"date", date()), self._beforehand, *more))


def prepare(headers: Mapping[str, str]) -> tuple[bytes, bytes]:
    """Return what ``Prepared`` writes: these headers, and those that every answer carries."""
    _, *pairs = Answer(headers=PRIVATE | dict(headers)).processed_headers  # the date is not yet
    first, value = pairs[0]
    return first, value + b"".join(b"\r\n%b: %b" % pair for pair in pairs[1:])
