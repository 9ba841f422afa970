"""Putting one row back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from piccolo.columns import Boolean, Timestamptz
from piccolo.querystring import QueryString
from piccolo.table import Table

from core import IfMatch, Problem

from ..queries.clauses import changed
from ..tables import Comment, Completion, Label, Member, Project, Reminder, Task
from . import members, reminders, trash
from .access import destination, lock_projects
from .errors import CannotUndo
from .opening import open_parent
from .parts import note

if TYPE_CHECKING:
    from .undo import Step

TABLES: dict[str, Any] = {
    "project": Project,
    "task": Task,
    "completion": Completion,
    "comment": Comment,
    "label": Label,
    "member": Member,
    "reminder": Reminder,
}
KEPT = {"id", "version", "created_at", "updated_at", "changed_by"}


async def put_back(user: int, step: Step) -> None:
    """Undo what happened to one row. Raises CannotUndo."""
    table = TABLES[step.kind]
    rows = await table.objects().where(table.id == step.thing)
    if step.before is None:
        await (_remove(user, step) if rows else _gone())
    elif not rows:
        await _add_again(user, table, step)
    elif step.kind == "project":
        await _project(user, step)
    else:
        await _change(user, table, step)
    if step.kind == "member":
        person = rows[0].person if rows else (step.before or {})["person"]
        await members.tell(user, step.scope, person)


async def _gone() -> None:
    raise CannotUndo("What was added is not there any more.")


async def _remove(user: int, step: Step) -> None:
    """Remove what was added; a task and a project go into the trash."""
    if step.kind == "task":
        if await Task.exists().where(Task.parent == step.thing, Task.trashed_at.is_null()):
            raise CannotUndo("The task has got sub-tasks since.")
        await trash.delete_locked(user, await Task.objects().where(Task.id == step.thing))
    elif step.kind == "project":
        await _trash_project(user, step)
    else:
        table = TABLES[step.kind]
        now = datetime.now(UTC)
        await changed(table, {}, now, user).where(table.id == step.thing)
        await table.delete().where(table.id == step.thing)
        note(step.kind, step.thing, step.version + 2)


async def _trash_project(user: int, step: Step) -> None:
    try:
        await trash.delete_project(user, step.thing, IfMatch())
    except Problem as problem:
        raise CannotUndo(problem.detail) from None


async def _project(user: int, step: Step) -> None:
    project = (await Project.objects().where(Project.id == step.thing))[0]
    if project.owner != user:
        raise CannotUndo("The project is not yours.")
    was_trashed = (step.before or {})["trashed_at"] is not None
    if project.trashed_at is not None and not was_trashed:
        await trash.restore_project_locked(user, project)
    elif project.trashed_at is None and was_trashed:
        await _trash_project(user, step)
    else:
        await _change(user, Project, step)


async def _add_again(user: int, table: type[Table], step: Step) -> None:
    """Write a row that was deleted once more, under its old id."""
    values = _values(table, step)
    if "task" in values and not await Task.exists().where(Task.id == values["task"]):
        raise CannotUndo("The task is not there any more.")
    now = datetime.now(UTC)
    values |= {"version": step.version + 1, "updated_at": now, "changed_by": user}
    columns = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(["{}"] * len(values))
    name = table._meta.tablename
    sql = f'INSERT INTO "{name}" ({columns}) VALUES ({places})'  # noqa: S608
    await table._meta.db.run_querystring(QueryString(sql, *values.values()))
    note(step.kind, step.thing, step.version + 1)


async def _change(user: int, table: Any, step: Step) -> None:
    values = {name: value for name, value in _values(table, step).items() if name not in KEPT}
    if step.kind == "task":
        values |= await _place(user, step.thing, values)
    rows = (
        await changed(table, values, datetime.now(UTC), user)
        .where(table.id == step.thing)
        .returning(table.version)
    )
    note(step.kind, step.thing, rows[0]["version"])
    if step.kind == "task":
        await reminders.reckon(user, [step.thing])
        if not values["done"] and values["trashed_at"] is None:
            await open_parent(user, values["parent"])


async def require_open_parents(tasks: list[int]) -> None:
    """Raise CannotUndo where a task that is done again has got an open sub-task since."""
    if not tasks:
        return
    done = Task.select(Task.id).where(Task.id.is_in(tasks), Task.done.eq(True))
    waiting = [Task.parent.is_in(done), Task.done.eq(False), Task.trashed_at.is_null()]
    if await Task.exists().where(*waiting):
        raise CannotUndo("The task has got sub-tasks since that are open.")


async def _place(user: int, id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Return the owner of a task that goes back to where it was. Raises CannotUndo."""
    try:
        await destination(user, values["project"])
    except Problem as problem:
        raise CannotUndo(problem.detail) from None
    if values["parent"] is not None:
        fits = await Task.exists().where(
            Task.id == values["parent"],
            Task.project == values["project"],
            Task.parent.is_null(),
            Task.trashed_at.is_null(),
        )
        if not fits or await Task.exists().where(Task.parent == id):
            raise CannotUndo("The task that this was a part of is not there any more.")
    return {"owner": (await lock_projects([values["project"]]))[values["project"]].owner}


def _values(table: type[Table], step: Step) -> dict[str, Any]:
    """Return a row as it was before, in Python's types."""
    found: dict[str, Any] = {}
    for column in table._meta.columns:
        value = (step.before or {}).get(column._meta.name)
        if value is not None and isinstance(column, Timestamptz):
            value = datetime.fromisoformat(value).astimezone(UTC)
        elif value is not None and isinstance(column, Boolean):
            value = bool(value)
        found[column._meta.name] = value
    return found
