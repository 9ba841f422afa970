"""The queries of projects, each built once. Whose a project is stands in every one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.query.base import Query
from piccolo.querystring import QueryString

from core import columns, compiled, compiled_new, compiled_one, in_order, limited

from ..schemas import ProjectOut
from ..tables import Project
from .clauses import at, changed, position_of


@compiled_one(ProjectOut)
def find(id: int, owner: int) -> Any:
    """Return one of somebody's projects."""
    return Project.select(*columns(Project, ProjectOut)).where(
        Project.id == id, Project.owner == owner
    )


@compiled_new(ProjectOut)
def add(owner: int, name: str, colour: str, now: datetime) -> Any:
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
def change(
    id: int, owner: int, now: datetime, *values: Any, changes: tuple[str, ...], versions: int
) -> Any:
    """Change the columns in ``changes`` to the first values; the others are allowed versions."""
    new = dict(zip(changes, values, strict=False))
    guard = [Project.id == id, Project.owner == owner]
    guard += at(Project, values[len(changes) :], versions)
    return changed(Project, new, now).where(*guard).returning(*columns(Project, ProjectOut))


@compiled(int)
def delete(id: int, owner: int, *values: int, versions: int) -> Any:
    """Delete a project and its tasks; never an inbox."""
    guard = [Project.id == id, Project.owner == owner, Project.inbox.eq(False)]
    guard += at(Project, values, versions)
    return Project.delete().where(*guard).returning(Project.id)


@compiled(ProjectOut)
def listed(
    owner: int, archived: bool | None, limit: int, *position: Any, sort: str, filtered: bool
) -> Query[Any, Any]:
    """Return some of somebody's projects, those behind a position."""
    query = Project.select(*columns(Project, ProjectOut)).where(Project.owner == owner)
    if filtered:
        query = query.where(Project.archived == archived)
    return limited(in_order(query, sort, position_of(position)), limit)


@compiled_one(int)
def counted(owner: int, archived: bool | None, *, filtered: bool) -> Any:
    """Count what ``listed`` would return without a limit."""
    query = Project.count().where(Project.owner == owner)
    return query.where(Project.archived == archived) if filtered else query
