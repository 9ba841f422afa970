"""What the types of a body, a query and an answer must be, so that they can be told and checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_origin, get_type_hints

from msgspec.inspect import (
    CustomType,
    DataclassType,
    NamedTupleType,
    StructType,
    Type,
    TypedDictType,
    multi_type_info,
)

from core.db.pagination import PageQuery
from core.web.bounds import parts
from core.web.request import Body, Query


def shapeless(body: Any, query: Any, results: list[Any]) -> str | None:
    """Return a sentence on the first type that does not do for its place, None if all do."""
    if not (isinstance(query, type) and issubclass(query, Query)):
        return "query: subclass core.Query, which refuses parameters that it does not know."
    sort = get_type_hints(query).get("sort")
    if issubclass(query, PageQuery) and sort is not None and get_origin(sort) is not Literal:
        return f"query: {query.__name__}.sort must be a Literal of what lists may be sorted by."
    for kind in _classes([body] if body is not None else []):
        if not issubclass(kind, Body):
            return f"body: let {kind.__name__} subclass core.Body, which refuses unknown fields."
    for kind in _classes(results, only=CustomType):
        return (
            f"it returns {kind.__name__}, whose shape nobody can tell: return a msgspec.Struct, or "
            "serve a page with a Sanic handler on a core.PublicBlueprint, without @endpoint."
        )
    return None


CLASSES = (CustomType, DataclassType, NamedTupleType, StructType, TypedDictType)


def _classes(kinds: list[Any], only: Any = CLASSES) -> Iterator[type]:
    """Yield the classes that ``kinds`` are made of."""
    waiting: list[Type] = list(multi_type_info(kinds))
    seen: set[type] = set()
    while waiting:
        info: Any = waiting.pop()
        kind = getattr(info, "cls", None)
        if kind in seen:
            continue
        if kind is not None:
            seen.add(kind)
            waiting += [field.type for field in getattr(info, "fields", ())]
            if isinstance(info, only):
                yield kind
        waiting += parts(info)
