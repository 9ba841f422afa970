"""Pages by position, not by number: stable while rows are inserted and deleted.

A cursor holds the sort value and the id of the last item seen; the next page begins after them.
See https://use-the-index-luke.com/no-offset.
"""

from __future__ import annotations

import typing
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta
from piccolo.columns.combination import WhereRaw
from piccolo.query.methods.select import Select

from core.errors import Invalid
from core.web.request import Query, refuse_nul

T = TypeVar("T")

Limit = Annotated[int, Meta(ge=1, le=100, description="How many items at most.")]
Cursor = Annotated[str, Meta(max_length=2000, description="`next` of the page before; opaque.")]
Count = Annotated[bool, Meta(description="Whether to count all items, as `total`.")]


class PageQuery(Query, frozen=True):
    """Subclass it for a list's parameters and add ``sort``, a Literal of what it may be."""

    limit: Limit = 20
    cursor: Cursor | None = None
    count: Count = False


class Page(msgspec.Struct, Generic[T], frozen=True, omit_defaults=False):
    """Some items, and where the next ones begin."""

    items: list[T]
    next: str | None
    total: int | msgspec.UnsetType = msgspec.UNSET


Position = tuple[Any, int]
"""The sort value and the id of the last item of the page before."""


async def page(
    query: PageQuery,
    kind: type[T],
    read: Callable[[Position | None, int], Awaitable[list[T]]],
    count: Callable[[], Awaitable[int]],
) -> Page[T]:
    """Return the page that ``query`` asks for.

    ``read(position, limit)`` returns at most ``limit`` items after ``position``; it is asked for
    one more than the page holds, which tells whether there is a next page.
    """
    sort: str = query.sort  # type: ignore[attr-defined]
    column = sort.removeprefix("-")
    position = None
    if query.cursor is not None:
        position = _decode(query.cursor, sort, kind, column)
    items = await read(position, query.limit + 1)
    following = None
    if len(items) > query.limit:
        items = items[: query.limit]
        following = _encode(sort, items[-1], column)
    total = await count() if query.count else msgspec.UNSET
    return Page(items, following, total)


def in_order(
    select: Select[Any], sort: str, after: Position | None, key: str = "id"
) -> Select[Any]:
    """Sort by ``sort`` (``-`` in front: descending) and then by id, and begin after a position."""
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    table = select.table
    name = table._meta.tablename
    if after is not None:
        sign = "<" if descending else ">"
        select = select.where(
            WhereRaw(f'("{name}"."{column}", "{name}"."{key}") {sign} ({{}}, {{}})', *after)
        )
    columns = [table._meta.get_column_by_name(each) for each in (column, key)]
    return select.order_by(*columns, ascending=not descending)


def _encode(sort: str, last: Any, column: str) -> str:
    position = [sort, getattr(last, column), last.id]
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def _decode(cursor: str, sort: str, kind: type[Any], column: str) -> Position:
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        made_for, value, identity = _decoder(kind, column).decode(raw)  # type: ignore[arg-type]
        refuse_nul(value)
        if isinstance(value, datetime):
            value = value.astimezone(UTC)
    except (ValueError, OverflowError, msgspec.MsgspecError, Invalid):
        raise Invalid("The cursor cannot be read. Send `next` of a page just as it is.") from None
    if made_for != sort:
        raise Invalid(f"The cursor belongs to sort={made_for}; this request has sort={sort}.")
    return value, identity


@lru_cache(maxsize=500)
def _decoder(kind: Any, column: str) -> msgspec.json.Decoder[tuple[str, Any, int]]:
    """Return what reads a cursor whose sort value has the type that ``column`` has in ``kind``."""
    hint = typing.get_type_hints(kind, include_extras=True)[column]
    bounded = Annotated[int, Meta(ge=1, le=2**31 - 1)]
    kinds: dict[Any, Any] = {
        int: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)],
        datetime: Annotated[datetime, Meta(tz=True)],
    }
    return msgspec.json.Decoder(tuple[str, kinds.get(hint, hint), bounded])  # type: ignore[misc]
