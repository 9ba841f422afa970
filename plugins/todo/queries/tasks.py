"""The queries of tasks, each built once. Whose a task is stands in every one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.columns.combination import WhereRaw
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from core import columns, compiled, compiled_new, compiled_one, in_order, limited

from ..schemas import TaskOut
from ..tables import Project, Task
from .clauses import at, changed, position_of

CONTAINS = 'lower("todo_task"."title") LIKE lower({}) ESCAPE \'!\''


@compiled_one(TaskOut)
def find(id: int, owner: int) -> Any:
    """Return one of somebody's tasks."""
    return Task.select(*columns(Task, TaskOut)).where(Task.id == id, Task.owner == owner)


@compiled_new(TaskOut)
def add(
    owner: int,
    project: int | None,
    title: str,
    description: str,
    priority: int,
    now: datetime,
    *,
    inbox: bool,
) -> Any:
    """Add a task to one of the owner's projects; a null violation says there is no such project."""
    task = Task(
        owner=owner,
        project=_mine(owner, project, inbox=inbox),
        title=title,
        description=description,
        priority=priority,
        created_at=now,
        updated_at=now,
    )
    return Task.insert(task).returning(*columns(Task, TaskOut))


def _mine(owner: int, project: int | None, *, inbox: bool = False) -> QueryString:
    which = Project.inbox.eq(True) if inbox else Project.id == project
    mine = Project.select(Project.id).where(Project.owner == owner, which)
    return QueryString("({})", mine.querystrings[0])


@compiled_one(TaskOut)
def change(
    id: int, owner: int, now: datetime, *values: Any, changes: tuple[str, ...], versions: int
) -> Any:
    """Change the columns in ``changes`` to the first values; the others are allowed versions."""
    new = dict(zip(changes, values, strict=False))
    if "project" in new:
        new["project"] = _mine(owner, new["project"])
    guard = [Task.id == id, Task.owner == owner, *at(Task, values[len(changes) :], versions)]
    return changed(Task, new, now).where(*guard).returning(*columns(Task, TaskOut))


@compiled_one(TaskOut)
def mark(
    id: int,
    owner: int,
    now: datetime,
    completed_at: datetime | None,
    *values: int,
    done: bool,
    versions: int,
) -> Any:
    """Mark a task as done or open, unless it is so already."""
    new = {"done": done, "completed_at": completed_at}
    guard = [Task.id == id, Task.owner == owner, Task.done == (not done)]
    guard += at(Task, values, versions)
    return changed(Task, new, now).where(*guard).returning(*columns(Task, TaskOut))


@compiled(int)
def delete(id: int, owner: int, *values: int, versions: int) -> Any:
    """Delete a task."""
    guard = [Task.id == id, Task.owner == owner, *at(Task, values, versions)]
    return Task.delete().where(*guard).returning(Task.id)


def _filtered(query: Any, owner: int, project: Any, priority: Any, text: Any, shape: Any) -> Any:
    query = query.where(Task.owner == owner)
    if "project" in shape:
        query = query.where(Task.project == project)
    if "priority" in shape:
        query = query.where(Task.priority == priority)
    if "q" in shape:
        query = query.where(WhereRaw(CONTAINS, text))
    if "done" in shape or "open" in shape:
        query = query.where(Task.done == ("done" in shape))
    return query


@compiled(TaskOut)
def listed(
    owner: int,
    project: int | None,
    priority: int | None,
    text: str | None,
    limit: int,
    *position: Any,
    sort: str,
    shape: frozenset[str],
) -> Query[Any, Any]:
    """Return some of somebody's tasks, those behind a position."""
    query = Task.select(*columns(Task, TaskOut))
    query = _filtered(query, owner, project, priority, text, shape)
    return limited(in_order(query, sort, position_of(position)), limit)


@compiled_one(int)
def counted(
    owner: int,
    project: int | None,
    priority: int | None,
    text: str | None,
    *,
    shape: frozenset[str],
) -> Any:
    """Count what ``listed`` would return without a limit."""
    return _filtered(Task.count(), owner, project, priority, text, shape)
