"""What staff may write into projects and tasks: what people could by the API, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from piccolo.columns import Column

from core import Forbidden, Invalid

from .due import DAY, columns_of
from .ordering import key_at
from .schemas import NewProject, NewTask
from .service.changing import rule_columns
from .service.parts import labels_text
from .tables import Project, Task

FIXED = ("owner", "inbox", "trashed_at")
"""What of a project goes along with all of its tasks."""


async def add_project(row: Project) -> Project:
    """Keep a new project true, and put it at the end."""
    _read(NewProject, {"name": row.name, "colour": row.colour})
    row.order = row.order or key_at(datetime.now(UTC))
    return row


async def change_project(row_id: int, values: dict[Column, Any]) -> dict[Column, Any]:
    """Keep a changed project true."""
    for project in await Project.select().where(Project.id == row_id):
        new = _merged(project, values)
        _read(NewProject, {"name": new["name"], "colour": new["colour"]})
        for name in FIXED:
            if new[name] != project[name]:
                raise Invalid(f"{name} stays: the tasks of the project would not follow.")
        if new["archived"] and project["inbox"]:
            raise Invalid("The inbox cannot be archived.")
    return values


async def add_task(row: Task) -> Task:
    """Keep a new task true: in a project of its owner, at its end, and done with a time."""
    new = {column._meta.name: getattr(row, column._meta.name) for column in Task._meta.columns}
    await _require_place(new, None)
    for name, value in _sound(new).items():
        setattr(row, name, value)
    row.order = row.order or key_at(datetime.now(UTC))
    row.completed_at = (row.completed_at or datetime.now(UTC)) if row.done else None
    return row


async def change_task(row_id: int, values: dict[Column, Any]) -> dict[Column, Any]:
    """Keep a changed task true."""
    for task in await Task.select().where(Task.id == row_id):
        new = _merged(task, values)
        await _require_place(new, row_id)
        await _require_parts(task, new)
        columns = _sound(new) | {"order": new["order"] or task["order"]}
        if new["done"] != task["done"]:
            columns["completed_at"] = datetime.now(UTC) if new["done"] else None
        values |= {Task._meta.get_column_by_name(name): columns[name] for name in columns}
    return values


def _merged(row: Mapping[str, Any], values: Mapping[Column, Any]) -> dict[str, Any]:
    return dict(row) | {column._meta.name: value for column, value in values.items()}


def _read(kind: type[Any], given: dict[str, Any]) -> Any:
    """Read what staff wrote as if a client had sent it. Raises Invalid."""
    for name, value in given.items():
        if value is None:
            raise Invalid(f"{name} must be given.")
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise Invalid(f"{error}.") from None


def _sound(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a task as they are kept. Raises Invalid, BadRule, NoSuchZone."""
    given: dict[str, Any] = {name: task[name] for name in ("title", "description", "priority")}
    given["labels"] = (task["labels"] or "").split()
    if task["due"]:
        text = task["due"]
        time = text[DAY + 1 :] or None
        given["due"] = {"date": text[:DAY], "time": time, "tz": task["due_tz"] or None}
    if task["rule"]:
        given["recurrence"] = {"rule": task["rule"], "from": task["rule_from"] or "due"}
    new: NewTask = _read(NewTask, given)
    due = columns_of(new.due)
    return due | rule_columns(new.recurrence, due["due"]) | {"labels": labels_text(new.labels)}


async def _require_place(task: Mapping[str, Any], id: int | None) -> None:
    """Raise Invalid unless the project is its owner's, and the parent a task beside this one."""
    mine = [Project.id == task["project"], Project.owner == task["owner"]]
    if not await Project.exists().where(*mine):
        raise Invalid("The project must belong to the owner of the task.")
    if task["parent"] is None:
        return
    fits = [Task.id == task["parent"], Task.project == task["project"], Task.parent.is_null()]
    if task["parent"] == id or not await Task.exists().where(*fits):
        raise Invalid("The parent is a task in the same project that has no parent itself.")


async def _require_parts(task: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Raise Invalid where the sub-tasks of a task would not go along with a change."""
    parts = await Task.select(Task.done).where(Task.parent == task["id"], Task.trashed_at.is_null())
    if parts and (new["parent"] is not None or new["project"] != task["project"]):
        raise Invalid("The task has sub-tasks: they would not follow it.")
    opened = any(not part["done"] for part in parts)
    if opened and ((new["done"] and not task["done"]) or new["trashed_at"] != task["trashed_at"]):
        raise Invalid("The task has sub-tasks that are open.")


READ_ONLY = "This is written by people, or with what they do. It may be deleted here."


async def refuse(row: Any) -> Any:
    """Refuse a new row."""
    raise Forbidden(READ_ONLY)


async def refuse_change(row_id: int, values: dict[Any, Any]) -> dict[Any, Any]:
    """Refuse a change."""
    raise Forbidden(READ_ONLY)
