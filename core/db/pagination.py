"""Pages by position, not by number: stable while rows are inserted and deleted.

A cursor holds the sort value and the id of the last item seen; the next page begins after them.
See https://use-the-index-luke.com/no-offset.
"""

from __future__ import annotations

import typing
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Hashable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar, cast

import msgspec
from msgspec import Meta
from piccolo.columns.combination import WhereRaw
from piccolo.query.methods.select import Select

from core.errors import Invalid
from core.web.request import Query, refuse_unkeepable

T = TypeVar("T")

Limit = Annotated[int, Meta(ge=1, le=100, description="How many items at most.")]
Cursor = Annotated[str, Meta(max_length=2000, description="`next` of the page before; opaque.")]
Count = Annotated[bool, Meta(description="Whether to count all items, as `total`.")]


class PageQuery(Query, frozen=True):
    """Subclass it for a list's parameters and add ``sort``, a Literal of what it may be.

    Say ``table: ClassVar[type[Table]]``, too: then ``tenfold check`` looks for the indexes.
    """

    limit: Limit = 20
    cursor: Cursor | None = None
    count: Count = False


class Page(msgspec.Struct, Generic[T], frozen=True, omit_defaults=False):
    """Some items, and where the next ones begin."""

    items: list[T]
    next: str | None
    total: int | msgspec.UnsetType = msgspec.UNSET


Position = tuple[Any, int]
"""The sort value and the id of the last item of the page before: ``tuple[Any, int]``."""


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
    hint = _hint(cast(Hashable, kind), column)
    if type(None) in typing.get_args(hint):
        raise TypeError(f"{column!r} may be null in {kind.__name__}: use page_with_nulls().")
    position = None
    if query.cursor is not None:
        position = _decode(query.cursor, sort, hint)
    items = await read(position, query.limit + 1)
    return await _page(query, items, count, lambda last: getattr(last, column))


async def page_with_nulls(
    query: PageQuery,
    hint: Any,
    value_of: Callable[[T], Any],
    read: Callable[[Position | None, int, bool], Awaitable[list[T]]],
    count: Callable[[], Awaitable[int]],
) -> Page[T]:
    """Return the page that ``query`` asks for, sorted by a column that may be null.

    What has no value comes last; sorted descending it comes first. ``read(position, limit, nulls)``
    reads the rows that have a value or those that have none, never both, so that each is one range
    of an index over the column and the id (see ``in_order``); ``value_of`` gives an item's sort
    value, which has the type ``hint``.
    """
    sort: str = query.sort  # type: ignore[attr-defined]
    parts = [True, False] if sort.startswith("-") else [False, True]
    position = None
    if query.cursor is not None:
        position = _decode(query.cursor, sort, hint, nulls=True)
        parts = parts[parts.index(position[0] is None) :]
    items: list[T] = []
    for nulls in parts:
        if len(items) <= query.limit:
            items += await read(position, query.limit + 1 - len(items), nulls)
        position = None
    return await _page(query, items, count, value_of)


async def _page(
    query: PageQuery,
    items: list[T],
    count: Callable[[], Awaitable[int]],
    value_of: Callable[[T], Any],
) -> Page[T]:
    following = None
    if len(items) > query.limit:
        items = items[: query.limit]
        following = _encode(query.sort, value_of(items[-1]), items[-1])  # type: ignore[attr-defined]
    total = await count() if query.count else msgspec.UNSET
    return Page(items, following, total)


def in_order(
    select: Select[Any],
    sort: str,
    after: Position | None,
    key: str = "id",
    nulls: bool | None = None,
) -> Select[Any]:
    """Sort by ``sort`` (``-`` in front: descending) and then by id, and begin after a position.

    ``nulls``: for a column that may be null, whether to read the rows without a value or the others
    (see ``page_with_nulls``).
    """
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    table = select.table
    name = table._meta.tablename
    sign = "<" if descending else ">"
    if nulls is not None:
        null = table._meta.get_column_by_name(column)
        select = select.where(null.is_null() if nulls else null.is_not_null())
    if after is not None and nulls:
        select = select.where(WhereRaw(f'"{name}"."{key}" {sign} {{}}', after[1]))
    elif after is not None:
        select = select.where(
            WhereRaw(f'("{name}"."{column}", "{name}"."{key}") {sign} ({{}}, {{}})', *after)
        )
    columns = [table._meta.get_column_by_name(each) for each in (column, key)]
    return select.order_by(*columns, ascending=not descending)


def _encode(sort: str, value: Any, last: Any) -> str:
    position = [sort, value, last.id]
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def _decode(cursor: str, sort: str, hint: Any, *, nulls: bool = False) -> Position:
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        made_for, value, identity = _decoder(hint, nulls).decode(raw)
        refuse_unkeepable(value)
        if isinstance(value, datetime):
            value = value.astimezone(UTC)
    except (ValueError, OverflowError, msgspec.MsgspecError, Invalid):
        raise Invalid("The cursor cannot be read. Send `next` of a page just as it is.") from None
    if made_for != sort:
        raise Invalid(f"The cursor belongs to sort={made_for}; this request has sort={sort}.")
    return value, identity


@lru_cache(maxsize=500)
def _hint(kind: Any, column: str) -> Any:
    """Return the type that ``column`` has in ``kind``."""
    return typing.get_type_hints(kind, include_extras=True)[column]


@lru_cache(maxsize=500)
def _decoder(hint: Any, nulls: bool) -> msgspec.json.Decoder[tuple[str, Any, int]]:
    """Return what reads a cursor whose sort value has the type ``hint``, or is null."""
    bounded = Annotated[int, Meta(ge=1, le=2**31 - 1)]
    kinds: dict[Any, Any] = {
        int: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)],
        datetime: Annotated[datetime, Meta(tz=True)],
    }
    value = kinds.get(hint, hint)
    kind: Any = tuple.__class_getitem__((str, value | None if nulls else value, bounded))
    return msgspec.json.Decoder(kind)
