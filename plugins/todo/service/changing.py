"""What about a task depends on other rows or on itself: project, parent, due date, recurrence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import IfMatch, Invalid, NotFound, emit, stale

from ..due import columns_of
from ..events import TaskMoved
from ..ordering import key_at
from ..queries import tasks as queries
from ..recurrence import check
from ..schemas import NewTask, Recurrence, TaskOut
from ..tables import Task
from . import labels, reminders
from .access import destination, lock_projects, lock_tasks, may_see_task
from .changes import revise
from .errors import BadParent, NoSuchTask
from .opening import open_parent
from .parts import is_so, labels_text


async def details(user: int, new: NewTask) -> tuple[int | None, dict[str, Any]]:
    """Return where a new task goes, and the columns that it has beyond the usual ones."""
    given: dict[str, Any] = columns_of(new.due) if new.due is not None else {}
    given |= rule_columns(new.recurrence, given.get("due"))
    project = new.project
    if project is not None:
        await destination(user, project)
    if new.parent is not None:
        parent = await _parent(user, new.parent)
        if project is not None and parent.project != project:
            raise BadParent("The parent is in another project.")
        project, given["parent"] = parent.project, parent.id
        await open_parent(user, parent.id)
    return project, given


def rule_columns(recurrence: Recurrence | None, due: str | None) -> dict[str, Any]:
    """Return the columns that say how a task comes again. Raises Invalid, BadRule."""
    if recurrence is None:
        return {"rule": None, "rule_from": None}
    if due is None:
        raise Invalid("A task that comes again needs a due date to begin with.")
    return {"rule": check(recurrence.rule, due), "rule_from": recurrence.basis}


async def _parent(user: int, id: int) -> Task:
    """Lock and return a task that may have sub-tasks. Raises NoSuchTask, BadParent, Forbidden."""
    try:
        parent = (await lock_tasks(user, [id]))[id]
    except NotFound:
        raise NoSuchTask(f"You have no task {id}.") from None
    if parent.parent is not None:
        raise BadParent("The parent is a sub-task itself: they go one level deep.")
    return parent


async def change_more(user: int, id: int, new: dict[str, Any], at: IfMatch) -> tuple[TaskOut, bool]:
    """Change a task inside a transaction, with what depends on it; tell whether it made a change.

    Raises what ``tasks.change`` does.
    """
    to: int | None = new.get("project")
    ids = [id] if new.get("parent") is None else [id, await _exists(user, new["parent"])]
    locked = await lock_for(user, ids, to)
    task = locked[id]
    if at and task.version not in at:
        raise stale(await queries.find(id, user), "task")
    columns: dict[str, Any] = {
        name: new[name] for name in ("title", "description", "priority") if name in new
    }
    if "labels" in new:
        await labels.remember(user, new["labels"])
        columns["labels"] = labels_text(new["labels"])
    columns |= _due_columns(task, new) | await _place(task, new, locked)
    if is_so(task, columns):
        return await _there(user, id), False
    changed = await queries.change(
        id, user, datetime.now(UTC), *columns.values(), changes=tuple(columns), versions=0
    )
    if changed is None:
        raise stale(await queries.find(id, user), "task")
    if "project" in columns:
        await tell_moved(user, task, changed.project, changed.version)
        await bring_children(user, task, columns)
    if not changed.done:
        await open_parent(user, columns.get("parent"))
    if "due" in columns:
        await reminders.reckon(user, [id])
    return changed, True


async def _there(user: int, id: int) -> TaskOut:
    task = await queries.find(id, user)
    if task is None:
        raise stale(None, "task")
    return task


async def lock_for(user: int, ids: list[int], to: int | None) -> dict[int, Task]:
    """Lock tasks, and the project that they go to. Raises NoSuchProject, Forbidden, NotFound."""
    if to is None:
        return await lock_tasks(user, ids)
    await destination(user, to)
    locked = await lock_tasks(user, ids, also=[to])
    await destination(user, to)  # somebody may have ended the sharing before it was locked
    return locked


async def _exists(user: int, parent: int) -> int:
    try:
        return (await may_see_task(user, parent)).id
    except NotFound:
        raise NoSuchTask(f"You have no task {parent}.") from None


def _due_columns(task: Task, new: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "due" in new:
        columns |= columns_of(new["due"])
        if new["due"] is None:
            columns |= {"rule": None, "rule_from": None}
    if "recurrence" in new:
        columns |= rule_columns(new["recurrence"], columns.get("due", task.due))
    return columns


async def _place(task: Task, new: dict[str, Any], locked: dict[int, Task]) -> dict[str, Any]:
    """Return the columns that say which project and parent a task has from now on."""
    columns: dict[str, Any] = {}
    project = new.get("project", task.project)
    if project != task.project:
        columns |= await into_project(project) | {"parent": None}
    if "parent" in new:
        columns["parent"] = new["parent"]
    if new.get("parent") is not None:
        await _check_parent(task, locked[new["parent"]], project)
    return columns


async def into_project(project: int) -> dict[str, Any]:
    """Return the columns of a task at the end of another project."""
    owner = (await lock_projects([project]))[project].owner
    return {"project": project, "owner": owner, "order": key_at(datetime.now(UTC))}


async def _check_parent(task: Task, parent: Task, project: int) -> None:
    if parent.id == task.id:
        raise BadParent("A task cannot be its own parent.")
    if parent.parent is not None:
        raise BadParent("The parent is a sub-task itself: they go one level deep.")
    if parent.project != project:
        raise BadParent("The parent is in another project.")
    if await Task.exists().where(Task.parent == task.id):
        raise BadParent("The task has sub-tasks of its own: they go one level deep.")


async def bring_children(user: int, task: Task, columns: dict[str, Any]) -> None:
    """Move the sub-tasks of a task along to another project."""
    moved = {name: columns[name] for name in ("project", "owner")}
    for child in await Task.objects().where(Task.parent == task.id).order_by(Task.id):
        version = await revise(child.id, user, moved)
        if child.trashed_at is None:
            await tell_moved(user, child, moved["project"], version)


async def tell_moved(user: int, task: Task, project: int, version: int) -> None:
    """Tell that a task went from where it was to ``project``."""
    await emit(
        TaskMoved(
            task_id=task.id,
            project_id=project,
            actor_id=user,
            version=version,
            from_project_id=task.project,
        )
    )
