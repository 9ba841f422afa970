"""Parts that the queries of projects and of tasks share: above all, who may see and change what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.columns.combination import WhereRaw
from piccolo.querystring import QueryString

from core import Position

MINE = 'SELECT "project" FROM "todo_member" WHERE "person" = {}'
MINE_TO_CHANGE = f"{MINE} AND \"role\" = 'editor'"
PLACES = {"project": '"todo_project"."id"', "task": '"todo_task"."project"'}
OWNERS = {"project": '"todo_project"."owner"', "task": '"todo_task"."owner"'}


def seen(kind: str, user: Any) -> WhereRaw:
    """Return the condition that somebody may see a project or a task; the trash counts as seen."""
    return WhereRaw(f"({OWNERS[kind]} = {{}} OR {PLACES[kind]} IN ({MINE}))", user, user)


def editable(kind: str, user: Any) -> WhereRaw:
    """Return the condition that somebody may change a task, or what is in a project."""
    return WhereRaw(f"({OWNERS[kind]} = {{}} OR {PLACES[kind]} IN ({MINE_TO_CHANGE}))", user, user)


def changed(table: Any, new: dict[str, Any], now: datetime, by: Any) -> Any:
    """Return an UPDATE that also counts the version and says who."""
    values = {table._meta.get_column_by_name(name): value for name, value in new.items()}
    return table.update(
        values
        | {
            table.updated_at: now,
            table.changed_by: by,
            table.version: QueryString('"version" + 1'),
        }
    )


def differs(table: Any, new: dict[str, Any]) -> WhereRaw:
    """Return the condition that a row is not yet as it is to be, in columns that are never null.

    So a change that changes nothing is no change: no version is counted, and nobody is told.
    """
    name = table._meta.tablename
    parts = " OR ".join(f'"{name}"."{column}" <> {{}}' for column in new)
    return WhereRaw(f"({parts or '1 = 0'})", *new.values())


def at(table: Any, values: tuple[Any, ...], versions: int) -> list[Any]:
    """Return the condition that a row is at one of some versions; none for no versions."""
    return [table.version.is_in(list(values))] if versions else []


def position_of(values: tuple[Any, ...]) -> Position | None:
    """Return the position that the last two values of a list query are."""
    return (values[0], values[1]) if values else None
