"""What a column can hold, checked before a row is written: Piccolo's models let more through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from piccolo.columns import (
    BigInt,
    BigSerial,
    Column,
    ForeignKey,
    Integer,
    Serial,
    SmallInt,
    Timestamptz,
)
from piccolo.table import Table
from piccolo_api.crud.hooks import Hook, HookType

from core.errors import FieldError, Invalid


def hooks(table: type[Table]) -> list[Hook]:
    """Return the hooks that check what is written to ``table``, and count its versions."""

    async def before_save(row: Table) -> Table:
        # Piccolo's model says None for what was not given, instead of the column's default.
        fresh = table(_ignore_missing=True)
        for column in table._meta.columns:
            if getattr(row, column._meta.name) is None and not column._meta.null:
                setattr(row, column._meta.name, getattr(fresh, column._meta.name))
        require({column: getattr(row, column._meta.name) for column in table._meta.columns})
        return row

    async def before_patch(row_id: Any, values: dict[Column, Any]) -> dict[Column, Any]:
        if not values:
            raise Invalid("There is nothing to change.")
        require(values)
        return values | dict(_counted(table))

    return [Hook(HookType.pre_save, before_save), Hook(HookType.pre_patch, before_patch)]


def require(values: Mapping[Column, Any]) -> None:
    """Raise Invalid, naming every column whose value it cannot hold."""
    found = [
        FieldError(column._meta.name, message)
        for column, value in values.items()
        for message in _complaints(column, value)
    ]
    if found:
        sentences = " ".join(f"{each.path} {each.message}." for each in found)
        raise Invalid(sentences, errors=found)


def _complaints(column: Column, value: Any) -> Iterator[str]:
    value = value.value if isinstance(value, Enum) else value
    choices = column._meta.get_choices_dict()
    if isinstance(value, list):
        for each in value:
            yield from _complaints(column, each)
    elif choices and value is not None:
        allowed = [choice["value"] for choice in choices.values()]
        if value not in allowed:
            yield f"must be one of {', '.join(map(str, allowed))}"
    elif isinstance(value, str) and "\0" in value:
        yield "must not hold the character NUL"
    elif type(value) is int and abs(value) > (largest := _largest(column)):
        yield f"must be between -{largest} and {largest}"


def _largest(column: Column) -> int:
    """Return the largest number that ``column`` holds in every database."""
    if isinstance(column, ForeignKey):
        column = column._foreign_key_meta.resolved_target_column
    if isinstance(column, SmallInt):
        return 2**15 - 1
    if isinstance(column, (Integer, Serial)) and not isinstance(column, (BigInt, BigSerial)):
        return 2**31 - 1
    return 2**63 - 1


def _counted(table: type[Table]) -> Iterator[tuple[Column, Any]]:
    """Yield what every change writes: a higher ``version`` and the moment, where a table has them.

    Without it a client could not tell by If-Match that somebody changed the row in the admin.
    """
    for column in table._meta.columns:
        if column._meta.name == "version" and isinstance(column, Integer):
            yield column, column + 1
        if column._meta.name == "updated_at" and isinstance(column, Timestamptz):
            yield column, datetime.now(UTC)
