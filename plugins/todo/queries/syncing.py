"""The queries of the delta sync: what changed since a snapshot, and the things themselves.

A snapshot is what one could see of the database. On PostgreSQL, where transactions become visible
in another order than they took their ids, it is ``pg_current_snapshot()``: what it does not contain
is new, exactly. SQLite has one writer, so that a number says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from piccolo.querystring import QueryString

from core import compiled, compiled_one

from ..schemas import ProjectOut, TaskOut
from ..schemas_more import CommentOut, LabelOut, ReminderOut
from ..tables import Change, Comment, Label, Project, Reminder, Task
from .clauses import seen
from .projects import shown as project_columns
from .tasks import COLUMNS, task_of

KINDS = ("project", "label", "task", "comment", "reminder")

SNAPSHOTS = {
    "sqlite": "SELECT CAST(coalesce(max(seq), 0) AS TEXT) FROM sqlite_sequence"
    " WHERE name = 'todo_change'",
    "postgres": "SELECT pg_current_snapshot()::text",
}
SCOPES = (
    '"scope" IN (SELECT "id" FROM "todo_project" WHERE "owner" = {} UNION ALL SELECT "project"'
    ' FROM "todo_member" WHERE "person" = {} UNION ALL SELECT CAST({} AS BIGINT))'
)


def on_postgres() -> bool:
    """Tell whether this is PostgreSQL."""
    return bool(Change._meta.db.engine_type == "postgres")


@compiled_one(str)
def snapshot() -> Any:
    """Return what can be seen now, as a text."""
    return QueryString(SNAPSHOTS["postgres" if on_postgres() else "sqlite"])


def _newer(since: Any, lowest: Any) -> tuple[str, tuple[Any, ...]]:
    if on_postgres():
        text = (
            '"moment" >= {} AND NOT pg_visible_in_snapshot(CAST("moment" AS text)::xid8,'
            " CAST({} AS text)::pg_snapshot)"
        )
        return text, (lowest, since)
    return '"moment" = 0 AND "id" > {}', (lowest,)


def _row(*values: Any) -> tuple[Any, ...]:
    return values


@compiled(_row)
def access(mine: int, since: str, lowest: int) -> Any:
    """Return the projects that somebody gained or lost. ``mine`` is their id below zero."""
    newer, values = _newer(since, lowest)
    return QueryString(
        'SELECT DISTINCT "thing" FROM "todo_change" WHERE "scope" = {} AND "kind" = \'access\''  # noqa: S608
        f" AND {newer}",
        mine,
        *values,
    )


@compiled(_row)
def changes(user: int, mine: int, since: str, lowest: int, moment: int, id: int, limit: int) -> Any:
    """Return changes that concern somebody, behind a place in their order."""
    newer, values = _newer(since, lowest)
    return QueryString(
        'SELECT "moment", "id", "kind", "thing", "scope" FROM "todo_change"'  # noqa: S608
        f' WHERE {SCOPES} AND {newer} AND ("moment", "id") > ({{}}, {{}})'
        ' ORDER BY "moment", "id" LIMIT {}',
        *(user, user, mine, *values, moment, id, limit),
    )


async def things(user: int, kind: str, where: Sequence[Any], limit: int | None = None) -> list[Any]:
    """Return projects, labels ... that somebody may see, by id."""
    table, columns, make = _KINDS[kind]
    shown = columns(user) if callable(columns) else columns
    query = table.select(*shown).where(*where, *_visible(kind, user)).order_by(table.id)
    rows = await (query if limit is None else query.limit(limit))
    return [make(*row.values()) for row in rows]


def _visible(kind: str, user: int) -> list[Any]:
    """Return who may see what, in the words of the lists."""
    if kind == "project":
        return [seen("project", user), Project.trashed_at.is_null()]
    if kind == "task":
        return [seen("task", user), Task.trashed_at.is_null()]
    if kind == "label":
        return [Label.owner == user]
    if kind == "reminder":
        return [Reminder.person == user, Reminder.task.is_in(_tasks(user))]
    return [Comment.task.is_in(_tasks(user))]


def _tasks(user: int) -> Any:
    return Task.select(Task.id).where(seen("task", user), Task.trashed_at.is_null())


def inside(kind: str, projects: list[int]) -> list[Any]:
    """Return the condition that a thing belongs to one of some projects."""
    if kind == "project":
        return [Project.id.is_in(projects)]
    if kind == "task":
        return [Task.project.is_in(projects)]
    table: Any = {"comment": Comment, "reminder": Reminder}.get(kind)
    if table is None:
        return [Label.id == 0]
    return [table.task.is_in(Task.select(Task.id).where(Task.project.is_in(projects)))]


def _named(table: Any, kind: Any) -> list[Any]:
    return [table._meta.get_column_by_name(name) for name in kind.__struct_fields__]


_KINDS: dict[str, tuple[Any, Any, Any]] = {
    "project": (Project, project_columns, ProjectOut),
    "label": (Label, _named(Label, LabelOut), LabelOut),
    "task": (Task, COLUMNS, task_of),
    "comment": (Comment, _named(Comment, CommentOut), CommentOut),
    "reminder": (Reminder, _named(Reminder, ReminderOut), ReminderOut),
}

Thing = ProjectOut | LabelOut | TaskOut | CommentOut | ReminderOut


def behind(kind: str, id: int) -> Any:
    """Return the condition that a thing comes behind another one."""
    return _KINDS[kind][0].id > id


def one_of(kind: str, ids: list[int]) -> Any:
    """Return the condition that a thing is one of some."""
    return _KINDS[kind][0].id.is_in(ids)
