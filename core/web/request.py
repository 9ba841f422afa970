"""Reading a request: its id, its body, its query, its conditions."""

from __future__ import annotations

import random
import re
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from sanic import Request as SanicRequest
from sanic.compat import Header
from sanic.exceptions import PayloadTooLarge

from core.errors import (
    BadRequest,
    FieldError,
    Invalid,
    NotFound,
    UnsupportedMediaType,
)
from core.moments import is_kept
from core.web.address import address_of
from core.web.head import refuse_odd

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]*)", re.IGNORECASE)
ODD = (b"\\u0000", b'"0001-', b'"9999-', b"\\u003")
"""What a body holds, maybe in digits spelled by their codes, that may hold what cannot be kept."""
LARGEST_ID = 2**31 - 1
LONGEST_MESSAGE = 300

T = TypeVar("T")


class Request(SanicRequest):
    """A request whose head is sound and whose ``id`` is the client's own if well-formed."""

    __slots__ = ("user",)

    def __init__(
        self,
        url_bytes: bytes,
        headers: Header,
        version: str,
        method: str,
        transport: Any,
        app: Any,
        head: bytes = b"",
        stream_id: int = 0,
    ) -> None:
        """Take over what was received, unless its head is odd."""
        if head:
            refuse_odd(head, headers, version)
        else:
            # Sanic makes one without a head to answer what was refused, maybe for its address.
            url_bytes = b"*"
        super().__init__(url_bytes, headers, version, method, transport, app, head, stream_id)
        self.user: int | None = None

    @property
    def id(self) -> str:
        """The id of this request, on its answer and in every log line about it."""
        if self._id is None:
            given = self.headers.get("x-request-id")
            known = given is not None and REQUEST_ID.fullmatch(given) is not None
            self._id = given if known else new_id()
        return self._id  # type: ignore[return-value]

    @property
    def ip(self) -> str:
        """The client's address, as far as trusted proxies tell it: see core/web/address.py."""
        return address_of(self)

    @property
    def forwarded(self) -> Any:
        """Nothing: Sanic would take anybody's word for address, scheme and host."""
        return {}

    async def receive_body(self) -> None:
        """Read the body, unless it says beforehand that it is too large."""
        stream: Any = self.stream
        if stream.request_bytes > stream.request_max_size:
            # Sanic would invite who sent Expect: 100-continue to send it, and refuse it afterwards.
            stream.expecting_continue = False
            raise PayloadTooLarge
        await super().receive_body()  # type: ignore[no-untyped-call]


def new_id() -> str:
    """Return an id for a request that brings none."""
    return f"{random.getrandbits(96):024x}"


class IfMatch(tuple[int, ...]):
    """The versions that a change may start from; empty: any."""

    __slots__ = ()


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Subclass it for what a request may carry: unknown fields are refused."""


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Subclass it for what may stand behind the question mark: unknown parameters are refused."""


class Nothing(Query, frozen=True):
    """No parameters at all."""


def check_path(kinds: dict[str, Any], given: dict[str, Any]) -> None:
    """Raise NotFound for parts of a path that no database could hold."""
    for name, kind in kinds.items():
        value = given[name]
        if kind is int:
            if not 0 < value <= LARGEST_ID:
                raise NotFound(f"There is nothing with the id {str(value)[:20]}.")
        elif kind is str and ("\0" in value or "%00" in value):
            raise NotFound("There is nothing with the character U+0000 in its name.")


def read_body(request: SanicRequest, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode a JSON body. Raises Invalid, BadRequest or UnsupportedMediaType."""
    media_type = request.headers.get("content-type", "")
    if media_type != "application/json" and not _is_json(media_type):
        raise UnsupportedMediaType("Send JSON, with the header Content-Type: application/json.")
    raw = request.body
    try:
        value = decoder.decode(raw)
        if any(map(raw.__contains__, ODD)):
            refuse_unkeepable(msgspec.to_builtins(value, builtin_types=(datetime,)))
    except msgspec.ValidationError as error:
        raise _invalid("body", error) from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("Send the body as it is, not compressed.") from None
        raise BadRequest(f"The body is not valid JSON: {error}") from None
    return value


def _is_json(media_type: str) -> bool:
    """Tell whether a media type with parameters is JSON in UTF-8."""
    kind, _, parameters = media_type.partition(";")
    charset = CHARSET.search(parameters)
    return kind.strip().lower() == "application/json" and (
        charset is None or charset[1].lower() in ("utf-8", "utf8")
    )


async def refuse_body(request: SanicRequest) -> None:
    """Raise Invalid if a request carries a body where none is read; ``{}`` is as good as none."""
    await request.receive_body()  # type: ignore[no-untyped-call]
    if request.body.strip() not in (b"", b"{}"):
        raise Invalid("This takes no body.")


def refuse_unkeepable(value: Any, path: str = "$") -> None:
    """Raise Invalid if some database cannot keep a text or a time anywhere in ``value``."""
    if isinstance(value, dict):
        for key, each in value.items():
            refuse_unkeepable(key, path)
            refuse_unkeepable(each, f"{path}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            refuse_unkeepable(each, f"{path}[{number}]")
    elif problem := _unkeepable(value):
        path = _short(path)
        raise Invalid(f"{path} {problem}.", errors=[FieldError(path, problem)])


def _unkeepable(value: Any) -> str | None:
    if isinstance(value, str) and "\0" in value:
        return "must not contain the character U+0000"
    if isinstance(value, datetime) and value.tzinfo is not None and not is_kept(value):
        return "must be a time between the years 1 and 9999 in UTC"
    return None


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
        raise Invalid(f"The parameter {_short(repr(twice))} is given more than once.")
    refuse_unkeepable(given)
    try:
        query = msgspec.convert(given, kind, strict=False)
        refuse_unkeepable(msgspec.to_builtins(query, builtin_types=(datetime,)))
    except msgspec.ValidationError as error:
        raise _invalid("query", error) from None
    if any(text.lower() == "null" for text in given.values()):
        _refuse_null(query, given)
    return query


def _refuse_null(query: Any, given: dict[str, str]) -> None:
    """Raise Invalid where ``null`` was taken for no value; a parameter is left out for that."""
    for field in msgspec.structs.fields(query):
        if field.encode_name in given and getattr(query, field.name) is None:
            message, path = "Expected a value, got null", f"$.{field.encode_name}"
            raise Invalid(f"{message} (query, at {path}).", errors=[FieldError(path, message)])


def converted(values: dict[str, Any], kind: type[T]) -> T:
    """Return ``values`` as a body would be read. Raises Invalid."""
    refuse_unkeepable(values)
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise _invalid("body", error) from None


def _invalid(where: str, error: msgspec.ValidationError) -> Invalid:
    message, _, path = str(error).partition(" - at `")
    message, path = _short(message), _short(path.removesuffix("`")) or "$"
    return Invalid(f"{message} ({where}, at {path}).", errors=[FieldError(path, message)])


def _short(text: str) -> str:
    """Shorten what repeats the client's own words."""
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"
