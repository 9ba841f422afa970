"""What a type must say so that no value of it does harm.

Whole numbers need bounds, and times a zone, or one database will fail. Keys and sets of large
numbers are refused: a client may choose numbers that all share one place in the hash table, and a
megabyte of them keeps a worker busy for eight seconds. Python guards only texts against that.
"""

from __future__ import annotations

from typing import Any

from msgspec.inspect import (
    DateTimeType,
    DictType,
    FloatType,
    FrozenSetType,
    IntType,
    SetType,
    StructType,
    Type,
    type_info,
)

LARGEST = 2**31


def unbounded(kind: Any) -> str | None:
    """Return a sentence that names the first number without bounds or time without a zone."""
    return _search(type_info(kind), "$", set())


def _search(info: Type, path: str, seen: set[Any]) -> str | None:
    if isinstance(info, IntType):
        if (info.le is None and info.lt is None) or (info.ge is None and info.gt is None):
            return f"{path} is a whole number without bounds: Annotated[int, Meta(ge=…, le=…)]."
        return None
    if _hashes_numbers(info):
        return f"{path} finds its entries by large numbers: use texts as keys, a list for a set."
    if isinstance(info, DateTimeType) and info.tz is not True:
        return f"{path} is a time without a zone: Annotated[datetime, Meta(tz=True)]."
    if isinstance(info, StructType):
        if info.cls in seen:
            return None
        seen.add(info.cls)
        found = (_search(each.type, f"{path}.{each.name}", seen) for each in info.fields)
        return next(filter(None, found), None)
    return next(filter(None, (_search(each, path, seen) for each in parts(info))), None)


def _hashes_numbers(info: Type) -> bool:
    """Tell whether ``info`` is a table of numbers that a client may choose to collide."""
    kind = info.key_type if isinstance(info, DictType) else None
    if isinstance(info, (SetType, FrozenSetType)) and info.max_length is None:
        kind = info.item_type
    if isinstance(kind, FloatType):
        return True
    return isinstance(kind, IntType) and (kind.le or kind.lt or LARGEST + 1) > LARGEST


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
