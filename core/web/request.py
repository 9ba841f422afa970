"""Reading a request: its id, its body, its query, its conditions."""

from __future__ import annotations

import random
import re
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from sanic import Request as SanicRequest

from core.errors import BadRequest, FieldError, Invalid, PreconditionFailed, UnsupportedMediaType

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
ENTITY_TAG = re.compile(r'\s*(W/)?"([^"]*)"\s*')
LARGEST_ID = 2**31 - 1

T = TypeVar("T")


class Request(SanicRequest):
    """A Sanic request whose ``id`` is the client's ``X-Request-ID`` if well-formed, else our own."""

    __slots__ = ()

    @property
    def id(self) -> str:  # type: ignore[override]
        """The id of this request, on its answer and in every log line about it."""
        if self._id is None:
            given = self.headers.get("x-request-id", "")
            known = REQUEST_ID.fullmatch(given) is not None
            self._id = given if known else f"{random.getrandbits(96):024x}"  # type: ignore[assignment]
        return self._id  # type: ignore[return-value]


class IfMatch(tuple[int, ...]):
    """The versions that a change may start from; empty: any."""

    __slots__ = ()


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Subclass it for what a request may carry: unknown fields are refused."""


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Subclass it for what may stand behind the question mark: unknown parameters are refused."""


class Nothing(Query, frozen=True):
    """No parameters at all."""


def read_body(request: SanicRequest, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode a JSON body. Raises Invalid, BadRequest or UnsupportedMediaType."""
    media_type = request.headers.get("content-type", "")
    if media_type != "application/json" and media_type.partition(";")[0].strip().lower() != (
        "application/json"
    ):
        raise UnsupportedMediaType("Send JSON, with the header Content-Type: application/json.")
    raw = request.body
    try:
        value = decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise _invalid("body", error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"The body is not valid JSON: {error}") from None
    if b"\\u0000" in raw:
        refuse_nul(msgspec.to_builtins(value))
    return value


def refuse_nul(value: Any, path: str = "$") -> None:
    """Raise Invalid if a text anywhere in ``value`` holds U+0000, which PostgreSQL cannot keep."""
    if isinstance(value, str) and "\0" in value:
        message = "must not contain the character U+0000"
        raise Invalid(f"{path} {message}.", errors=[FieldError(path, message)])
    if isinstance(value, dict):
        for key, each in value.items():
            refuse_nul(key, path)
            refuse_nul(each, f"{path}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            refuse_nul(each, f"{path}[{number}]")


@lru_cache(maxsize=2048)
def read_query(kind: type[T], text: str) -> T:
    """Convert a query string. Remembered by its text: the result is immutable. Raises Invalid."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError as error:
        raise Invalid(f"The query string cannot be read: {error}.") from None
    given = dict(pairs)
    if len(given) != len(pairs):
        twice = next(key for key, _ in pairs if [name for name, _ in pairs].count(key) > 1)
        raise Invalid(f"The parameter {twice!r} is given more than once.")
    refuse_nul(given)
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid("query", error) from None


def _invalid(where: str, error: msgspec.ValidationError) -> Invalid:
    message, _, path = str(error).partition(" - at `")
    path = path.removesuffix("`") or "$"
    return Invalid(f"{message} ({where}, at {path}).", errors=[FieldError(path, message)])


def read_if_match(request: SanicRequest) -> IfMatch:
    """Return what ``If-Match`` allows (RFC 9110, 13.1.1). Raises PreconditionFailed for weak tags."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return IfMatch()
    tags = [ENTITY_TAG.fullmatch(part) for part in header.split(",")]
    versions = [
        int(tag[2]) for tag in tags if tag and not tag[1] and re.fullmatch(r"[0-9]{1,9}", tag[2])
    ]
    if not versions:
        raise PreconditionFailed('If-Match names no version of this. Send its ETag, as in "3".')
    return IfMatch(versions[:10])


def matches(header: str, etag: str) -> bool:
    """Tell whether ``If-None-Match`` names ``etag`` (RFC 9110, 13.1.2: weak comparison)."""
    return header.strip() == "*" or etag in [
        part.strip().removeprefix("W/") for part in header.split(",")
    ]
