"""The queries of todo, each built once. Whose a thing is stands in every one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.columns.combination import WhereRaw
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from core import Position, columns, compiled, compiled_new, compiled_one, in_order, limited

from .schemas import ProjectOut, TaskOut
from .tables import Project, Task

CONTAINS = 'lower("todo_task"."title") LIKE lower({}) ESCAPE \'!\''


@compiled_one(TaskOut)
def find_task(id: int, owner: int) -> Any:
    """Return one of somebody's tasks."""
    return Task.select(*columns(Task, TaskOut)).where(Task.id == id, Task.owner == owner)


@compiled_new(TaskOut)
def add_task(
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
def change_task(
    id: int, owner: int, now: datetime, *values: Any, changes: tuple[str, ...], versions: int
) -> Any:
    """Change the columns in ``changes`` to the first values; the others are allowed versions."""
    new = dict(zip(changes, values, strict=False))
    if "project" in new:
        new["project"] = _mine(owner, new["project"])
    guard = [Task.id == id, Task.owner == owner, *_at(Task, values[len(changes) :], versions)]
    return _changed(Task, new, now).where(*guard).returning(*columns(Task, TaskOut))


def _changed(table: Any, new: dict[str, Any], now: datetime) -> Any:
    values = {table._meta.get_column_by_name(name): value for name, value in new.items()}
    return table.update(
        values | {table.updated_at: now, table.version: QueryString('"version" + 1')}
    )


def _at(table: Any, values: tuple[Any, ...], versions: int) -> list[Any]:
    return [table.version.is_in(list(values))] if versions else []


@compiled_one(TaskOut)
def mark_task(
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
    guard += _at(Task, values, versions)
    return _changed(Task, new, now).where(*guard).returning(*columns(Task, TaskOut))


@compiled(int)
def delete_task(id: int, owner: int, *values: int, versions: int) -> Any:
    """Delete a task."""
    guard = [Task.id == id, Task.owner == owner, *_at(Task, values, versions)]
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
def list_tasks(
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
    return limited(in_order(query, sort, _position(position)), limit)


def _position(values: tuple[Any, ...]) -> Position | None:
    return (values[0], values[1]) if values else None


@compiled_one(int)
def count_tasks(
    owner: int,
    project: int | None,
    priority: int | None,
    text: str | None,
    *,
    shape: frozenset[str],
) -> Any:
    """Count what ``list_tasks`` would return without a limit."""
    return _filtered(Task.count(), owner, project, priority, text, shape)


@compiled_one(ProjectOut)
def find_project(id: int, owner: int) -> Any:
    """Return one of somebody's projects."""
    return Project.select(*columns(Project, ProjectOut)).where(
        Project.id == id, Project.owner == owner
    )


@compiled_new(ProjectOut)
def add_project(owner: int, name: str, colour: str, now: datetime) -> Any:
    """Add a project."""
    project = Project(owner=owner, name=name, colour=colour, created_at=now, updated_at=now)
    return Project.insert(project).returning(*columns(Project, ProjectOut))


@compiled(int)
def add_inbox(owner: int, now: datetime) -> Any:
    """Give somebody an inbox, unless they have one."""
    return QueryString(
        'INSERT INTO "todo_project" ("owner", "name", "colour", "archived", "inbox", "created_at",'
        ' "updated_at", "version") VALUES ({}, {}, {}, {}, {}, {}, {}, {})'
        " ON CONFLICT DO NOTHING RETURNING id",
        *(owner, "Inbox", "", False, True, now, now, 1),
    )


@compiled_one(ProjectOut)
def change_project(
    id: int, owner: int, now: datetime, *values: Any, changes: tuple[str, ...], versions: int
) -> Any:
    """Change the columns in ``changes`` to the first values; the others are allowed versions."""
    new = dict(zip(changes, values, strict=False))
    guard = [Project.id == id, Project.owner == owner]
    guard += _at(Project, values[len(changes) :], versions)
    return _changed(Project, new, now).where(*guard).returning(*columns(Project, ProjectOut))


@compiled(int)
def delete_project(id: int, owner: int, *values: int, versions: int) -> Any:
    """Delete a project and its tasks; never an inbox."""
    guard = [Project.id == id, Project.owner == owner, Project.inbox.eq(False)]
    guard += _at(Project, values, versions)
    return Project.delete().where(*guard).returning(Project.id)


@compiled(ProjectOut)
def list_projects(
    owner: int, archived: bool | None, limit: int, *position: Any, sort: str, filtered: bool
) -> Query[Any, Any]:
    """Return some of somebody's projects, those behind a position."""
    query = Project.select(*columns(Project, ProjectOut)).where(Project.owner == owner)
    if filtered:
        query = query.where(Project.archived == archived)
    return limited(in_order(query, sort, _position(position)), limit)


@compiled_one(int)
def count_projects(owner: int, archived: bool | None, *, filtered: bool) -> Any:
    """Count what ``list_projects`` would return without a limit."""
    query = Project.count().where(Project.owner == owner)
    return query.where(Project.archived == archived) if filtered else query
