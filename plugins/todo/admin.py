"""What staff see of todo in the admin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from piccolo.columns import Column
from piccolo_admin.endpoints import TableConfig
from piccolo_api.crud.hooks import Hook, HookType

from core import Invalid

from .tables import Project, Task


def panels() -> Sequence[TableConfig]:
    """Return the tables of the admin, with the columns worth seeing."""
    shown = [Task.id, Task.owner, Task.project, Task.title, Task.done, Task.priority]
    return [
        TableConfig(
            Project,
            visible_columns=[Project.id, Project.owner, Project.name, Project.archived],
            visible_filters=[Project.owner, Project.name, Project.archived],
        ),
        TableConfig(
            Task,
            visible_columns=shown,
            visible_filters=shown[1:],
            hooks=[Hook(HookType.pre_save, add), Hook(HookType.pre_patch, change)],
        ),
    ]


async def add(row: Task) -> Task:
    """Keep a new task true: in a project of its owner, and done with a time."""
    await _require_same_owner(row.owner, row.project)
    row.completed_at = (row.completed_at or datetime.now(UTC)) if row.done else None
    return row


async def change(row_id: int, values: dict[Column, Any]) -> dict[Column, Any]:
    """Keep a changed task true."""
    rows = await Task.select(Task.owner, Task.project, Task.done).where(Task.id == row_id)
    for task in rows:
        owner = values.get(Task.owner, task["owner"])
        await _require_same_owner(owner, values.get(Task.project, task["project"]))
        if values.get(Task.done, task["done"]) != task["done"]:
            values[Task.completed_at] = datetime.now(UTC) if values[Task.done] else None
    return values


async def _require_same_owner(owner: int, project: int) -> None:
    if not await Project.exists().where(Project.id == project, Project.owner == owner):
        raise Invalid("The project must belong to the owner of the task.")
