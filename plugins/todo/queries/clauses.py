"""Parts that the queries of projects and of tasks share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.querystring import QueryString

from core import Position


def changed(table: Any, new: dict[str, Any], now: datetime) -> Any:
    """Return an UPDATE that also counts the version."""
    values = {table._meta.get_column_by_name(name): value for name, value in new.items()}
    return table.update(
        values | {table.updated_at: now, table.version: QueryString('"version" + 1')}
    )


def at(table: Any, values: tuple[Any, ...], versions: int) -> list[Any]:
    """Return the condition that a row is at one of some versions; none for no versions."""
    return [table.version.is_in(list(values))] if versions else []


def position_of(values: tuple[Any, ...]) -> Position | None:
    """Return the position that the last two values of a list query are."""
    return (values[0], values[1]) if values else None
