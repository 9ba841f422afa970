"""The queries of projects, each built once. Who may see or change a project is in all of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from piccolo.columns.combination import WhereRaw
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from core import columns, compiled, compiled_new, compiled_one, in_order, limited

from ..schemas import ProjectOut, TrashedProjectOut
from ..tables import Project
from .clauses import at, changed, differs, position_of, seen

ROLE = (
    'CASE WHEN "todo_project"."owner" = {} THEN \'owner\' ELSE (SELECT "role" FROM "todo_member"'
    ' WHERE "todo_member"."project" = "todo_project"."id" AND "person" = {}) END'
)


def shown(user: Any) -> list[Any]:
    """Return the columns of a project, and what somebody is in it."""
    role = QueryString(ROLE, user, user, alias="role")
    return [
        role if name == "role" else Project._meta.get_column_by_name(name)
        for name in ProjectOut.__struct_fields__
    ]


@compiled_one(ProjectOut)
def find(id: int, user: int) -> Any:
    """Return a project that somebody may see."""
    return Project.select(*shown(user)).where(
        Project.id == id, seen("project", user), Project.trashed_at.is_null()
    )


@compiled_new(int)
def add(owner: int, name: str, colour: str, order: str, now: datetime) -> Any:
    """Add a project."""
    project = Project(
        owner=owner,
        name=name,
        colour=colour,
        order=order,
        created_at=now,
        updated_at=now,
        changed_by=owner,
    )
    return Project.insert(project).returning(Project.id)


@compiled(int)
def inbox(owner: int) -> Any:
    """Return somebody's inbox, if they have one."""
    return Project.select(Project.id).where(Project.owner == owner, Project.inbox.eq(True))


@compiled(int)
def add_inbox(owner: int, order: str, now: datetime) -> Any:
    """Give somebody an inbox, unless they have one."""
    return QueryString(
        'INSERT INTO "todo_project" ("owner", "name", "colour", "archived", "inbox", "order",'
        ' "created_at", "updated_at", "version", "changed_by")'
        " VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {})"
        " ON CONFLICT DO NOTHING RETURNING id",
        *(owner, "Inbox", "", False, True, order, now, now, 1, owner),
    )


@compiled(int)
def change(
    id: int, owner: int, now: datetime, *values: Any, changes: tuple[str, ...], versions: int
) -> Any:
    """Change the columns in ``changes`` to the first values; the others are allowed versions.

    One that is so already stays as it is.
    """
    new = dict(zip(changes, values, strict=False))
    guard = [Project.id == id, Project.owner == owner, Project.trashed_at.is_null()]
    guard += at(Project, values[len(changes) :], versions)
    query = changed(Project, new, now, owner).where(*guard, differs(Project, new))
    return query.returning(Project.id)


def _listed(query: Any, user: Any, archived: Any, filtered: bool) -> Any:
    query = query.where(Project.trashed_at.is_null())
    # The two arms are read by an index each.
    mine = 'SELECT "id" FROM "todo_project" WHERE "owner" = {}'
    shared = 'SELECT "project" FROM "todo_member" WHERE "person" = {}'
    query = query.where(WhereRaw(f'"todo_project"."id" IN ({mine} UNION {shared})', user, user))
    return query.where(Project.archived == archived) if filtered else query


@compiled(ProjectOut)
def listed(
    user: int, archived: bool | None, limit: int, *position: Any, sort: str, filtered: bool
) -> Query[Any, Any]:
    """Return some of the projects that somebody may see, those behind a position."""
    query = _listed(Project.select(*shown(user)), user, archived, filtered)
    return limited(in_order(query, sort, position_of(position)), limit)


@compiled_one(int)
def counted(user: int, archived: bool | None, *, filtered: bool) -> Any:
    """Count what ``listed`` would return without a limit."""
    return _listed(Project.count(), user, archived, filtered)


def _trash(query: Any, user: Any) -> Any:
    return query.where(Project.owner == user, Project.trashed_at.is_not_null())


@compiled(TrashedProjectOut)
def trash(user: int, limit: int, *position: Any, sort: str) -> Query[Any, Any]:
    """Return some of somebody's own projects in the trash, behind a position."""
    query = _trash(Project.select(*columns(Project, TrashedProjectOut)), user)
    return limited(in_order(query, sort, position_of(position)), limit)


@compiled_one(int)
def counted_trash(user: int) -> Any:
    """Count what ``trash`` would return without a limit."""
    return _trash(Project.count(), user)
