"""Whole numbers that a client may send need bounds, and times a zone, or one database will fail."""

from __future__ import annotations

from typing import Any

from msgspec.inspect import DateTimeType, IntType, StructType, Type, type_info


def unbounded(kind: Any) -> str | None:
    """Return a sentence that names the first number without bounds or time without a zone."""
    return _search(type_info(kind), "$", set())


def _search(info: Type, path: str, seen: set[Any]) -> str | None:
    if isinstance(info, IntType):
        if (info.le is None and info.lt is None) or (info.ge is None and info.gt is None):
            return f"{path} is a whole number without bounds: Annotated[int, Meta(ge=…, le=…)]."
        return None
    if isinstance(info, DateTimeType) and info.tz is not True:
        return f"{path} is a time without a zone: Annotated[datetime, Meta(tz=True)]."
    if isinstance(info, StructType):
        if info.cls in seen:
            return None
        seen.add(info.cls)
        found = (_search(each.type, f"{path}.{each.name}", seen) for each in info.fields)
        return next(filter(None, found), None)
    return next(filter(None, (_search(each, path, seen) for each in parts(info))), None)


def parts(info: Type) -> list[Type]:
    """Return the types that ``info`` is made of."""
    found: list[Type] = []
    for name in ("type", "item_type", "key_type", "value_type", "types", "item_types"):
        part = getattr(info, name, None)
        if isinstance(part, Type):
            found.append(part)
        elif isinstance(part, tuple):
            found += [each for each in part if isinstance(each, Type)]
    return found
