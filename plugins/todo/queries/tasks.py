"""The queries of single tasks, each built once. Who may see or change it is in every one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.querystring import QueryString

from core import compiled, compiled_new, compiled_one

from ..due import out
from ..schemas import RecurrenceOut, TaskOut
from ..tables import Task
from .clauses import MINE_TO_CHANGE, at, changed, differs, editable, seen

SHOWN = (
    "id",
    "project",
    "parent",
    "title",
    "description",
    "done",
    "completed_at",
    "priority",
    "labels",
    "due",
    "due_tz",
    "rule",
    "rule_from",
    "order",
    "created_at",
    "updated_at",
    "version",
)
COLUMNS = [Task._meta.get_column_by_name(name) for name in SHOWN]
NO_LABELS: list[str] = []


def task_of(
    id: int,
    project: int,
    parent: int | None,
    title: str,
    description: str,
    done: bool,
    completed_at: datetime | None,
    priority: int,
    labels: str,
    due: str | None,
    due_tz: str | None,
    rule: str | None,
    rule_from: str | None,
    order: str,
    created_at: datetime,
    updated_at: datetime,
    version: int,
) -> TaskOut:
    """Return a task as it goes on the wire, from the columns in ``SHOWN``."""
    return TaskOut(
        id,
        project,
        parent,
        title,
        description,
        done,
        completed_at,
        priority,
        labels.split() if labels else NO_LABELS,
        None if due is None else out(due, due_tz),
        None if rule is None else RecurrenceOut(rule, rule_from or "due"),
        order,
        created_at,
        updated_at,
        version,
    )


@compiled_one(task_of)
def find(id: int, user: int) -> Any:
    """Return a task that somebody may see."""
    return Task.select(*COLUMNS).where(Task.id == id, seen("task", user), Task.trashed_at.is_null())


@compiled(task_of)
def these(user: int, *ids: int) -> Any:
    """Return those of some tasks that somebody may see."""
    return Task.select(*COLUMNS).where(
        Task.id.is_in(list(ids)), seen("task", user), Task.trashed_at.is_null()
    )


def _place(user: Any, project: Any, column: str, *, inbox: bool) -> QueryString:
    """Return the id or the owner of a project that somebody may change; null if there is none."""
    if inbox:
        where, values = '"owner" = {} AND "inbox"', [user]
    else:
        where = f'"id" = {{}} AND ("owner" = {{}} OR "id" IN ({MINE_TO_CHANGE}))'
        values = [project, user, user]
    return QueryString(
        f'(SELECT "{column}" FROM "todo_project" WHERE {where} AND "trashed_at" IS NULL)',  # noqa: S608
        *values,
    )


@compiled_new(task_of)
def add(
    user: int,
    project: int | None,
    title: str,
    description: str,
    priority: int,
    labels: str,
    order: str,
    now: datetime,
    *more: Any,
    inbox: bool,
    given: tuple[str, ...] = (),
) -> Any:
    """Add a task to a project; a null violation says that there is none to be changed.

    ``given`` names further columns, ``more`` are their values.
    """
    task = Task(
        owner=_place(user, project, "owner", inbox=inbox),
        project=_place(user, project, "id", inbox=inbox),
        title=title,
        description=description,
        priority=priority,
        labels=labels,
        order=order,
        created_at=now,
        updated_at=now,
        changed_by=user,
    )
    for name, value in zip(given, more, strict=True):
        setattr(task, name, value)
    return Task.insert(task).returning(*COLUMNS)


@compiled_one(task_of)
def change(
    id: int,
    user: int,
    now: datetime,
    *values: Any,
    changes: tuple[str, ...],
    versions: int,
    unless_so: bool = False,
) -> Any:
    """Change the columns in ``changes`` to the first values; the others are allowed versions.

    ``unless_so``: only where that makes a difference, in columns that are never null.
    """
    new = dict(zip(changes, values, strict=False))
    guard = [Task.id == id, editable("task", user), Task.trashed_at.is_null()]
    guard += at(Task, values[len(changes) :], versions)
    guard += [differs(Task, new)] if unless_so else []
    return changed(Task, new, now, user).where(*guard).returning(*COLUMNS)
