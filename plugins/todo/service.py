"""What may be done with projects and tasks. Knows nothing of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from core import (
    Conflict,
    IfMatch,
    Invalid,
    NotFound,
    Page,
    emit,
    is_null,
    page,
    savepoint,
    stale,
)

from . import queries
from .events import TaskCompleted, TaskCreated
from .schemas import (
    NewProject,
    NewTask,
    ProjectChange,
    ProjectOut,
    ProjectQuery,
    TaskChange,
    TaskOut,
    TaskQuery,
)


class NoSuchProject(Invalid):
    """The project named is not there, or somebody else's."""

    code, title = "no_such_project", "No such project"


class InboxStays(Conflict):
    """The inbox can neither be deleted nor archived."""

    code, title = "inbox_stays", "The inbox stays"


async def create_task(owner: int, new: NewTask) -> TaskOut:
    """Add a task to a project, or to the inbox. Raises NoSuchProject."""
    try:
        async with savepoint():
            return await _create_task(owner, new)
    except Exception as error:
        if not is_null(error):
            raise
    if new.project is not None:
        raise NoSuchProject(f"You have no project {new.project}.")
    await ensure_inbox(owner)
    return await _create_task(owner, new)


async def _create_task(owner: int, new: NewTask) -> TaskOut:
    task = await queries.add_task(
        owner,
        new.project,
        new.title,
        new.description,
        new.priority,
        datetime.now(UTC),
        inbox=new.project is None,
    )
    await emit(TaskCreated(task_id=task.id, owner_id=owner))
    return task


async def ensure_inbox(owner: int) -> None:
    """Give ``owner`` an inbox if they have none; however often this is asked at once, it is one."""
    await queries.add_inbox(owner, datetime.now(UTC))


async def welcome(registered: Any) -> None:
    """Give somebody who registered an inbox."""
    await ensure_inbox(registered.user_id)


async def read_task(owner: int, id: int) -> TaskOut:
    """Return a task. Raises NotFound."""
    task = await queries.find_task(id, owner)
    if task is None:
        raise NotFound(f"You have no task {id}.")
    return task


async def tasks(owner: int, query: TaskQuery) -> Page[TaskOut]:
    """Return a page of the owner's tasks."""
    text = _pattern(query.q)
    shape = _shape(query)
    values = (owner, query.project, query.priority, text)
    return await page(
        query,
        TaskOut,
        lambda position, limit: queries.list_tasks(
            *values, limit, *(position or ()), sort=query.sort, shape=shape
        ),
        lambda: _number(queries.count_tasks(*values, shape=shape)),
    )


def _shape(query: TaskQuery) -> frozenset[str]:
    shape = {name for name in ("project", "priority", "q") if getattr(query, name) is not None}
    if query.done is not None:
        shape.add("done" if query.done else "open")
    return frozenset(shape)


def _pattern(text: str | None) -> str | None:
    """Return the LIKE pattern for texts that contain ``text``."""
    if text is None:
        return None
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return f"%{text}%"


async def _number(counted: Any) -> int:
    return await counted or 0


def _changes(body: TaskChange | ProjectChange) -> dict[str, Any]:
    found = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in found.items() if value is not msgspec.UNSET}


async def change_task(owner: int, id: int, body: TaskChange, at: IfMatch) -> TaskOut:
    """Change a task that is at one of the versions ``at`` (empty: any).

    Raises NotFound, PreconditionFailed, NoSuchProject.
    """
    new = _changes(body)
    try:
        async with savepoint():
            task = await queries.change_task(
                id,
                owner,
                datetime.now(UTC),
                *new.values(),
                *at,
                changes=tuple(new),
                versions=len(at),
            )
    except Exception as error:
        if is_null(error):
            raise NoSuchProject(f"You have no project {body.project}.") from None
        raise
    return task or await _refuse_task(owner, id)


async def _refuse_task(owner: int, id: int) -> TaskOut:
    raise stale(await queries.find_task(id, owner), "task")


async def complete_task(owner: int, id: int, at: IfMatch) -> TaskOut:
    """Mark a task as done; one that is done stays as it is."""
    now = datetime.now(UTC)
    task = await queries.mark_task(id, owner, now, now, *at, done=True, versions=len(at))
    if task is not None:
        await emit(TaskCompleted(task_id=id, owner_id=owner))
    return task or await _marked_already(owner, id, at, done=True)


async def reopen_task(owner: int, id: int, at: IfMatch) -> TaskOut:
    """Mark a task as not done; one that is open stays as it is."""
    now = datetime.now(UTC)
    task = await queries.mark_task(id, owner, now, None, *at, done=False, versions=len(at))
    return task or await _marked_already(owner, id, at, done=False)


async def _marked_already(owner: int, id: int, at: IfMatch, *, done: bool) -> TaskOut:
    task = await queries.find_task(id, owner)
    if task is None or task.done is not done or (at and task.version not in at):
        raise stale(task, "task")
    return task


async def delete_task(owner: int, id: int, at: IfMatch) -> None:
    """Delete a task. Raises NotFound or PreconditionFailed."""
    if not await queries.delete_task(id, owner, *at, versions=len(at)):
        await _refuse_task(owner, id)


async def create_project(owner: int, new: NewProject) -> ProjectOut:
    """Add a project."""
    return await queries.add_project(owner, new.name, new.colour, datetime.now(UTC))


async def read_project(owner: int, id: int) -> ProjectOut:
    """Return a project. Raises NotFound."""
    project = await queries.find_project(id, owner)
    if project is None:
        raise NotFound(f"You have no project {id}.")
    return project


async def projects(owner: int, query: ProjectQuery) -> Page[ProjectOut]:
    """Return a page of the owner's projects; the inbox is always among them."""
    if query.cursor is None:
        await ensure_inbox(owner)
    filtered = query.archived is not None
    return await page(
        query,
        ProjectOut,
        lambda position, limit: queries.list_projects(
            owner, query.archived, limit, *(position or ()), sort=query.sort, filtered=filtered
        ),
        lambda: _number(queries.count_projects(owner, query.archived, filtered=filtered)),
    )


async def change_project(owner: int, id: int, body: ProjectChange, at: IfMatch) -> ProjectOut:
    """Change a project that is at one of the versions ``at`` (empty: any)."""
    new = _changes(body)
    if body.archived is True and (await read_project(owner, id)).inbox:
        raise InboxStays("The inbox cannot be archived.")
    project = await queries.change_project(
        id, owner, datetime.now(UTC), *new.values(), *at, changes=tuple(new), versions=len(at)
    )
    if project is None:
        raise stale(await queries.find_project(id, owner), "project")
    return project


async def delete_project(owner: int, id: int, at: IfMatch) -> None:
    """Delete a project and its tasks. Raises NotFound, PreconditionFailed, InboxStays."""
    if await queries.delete_project(id, owner, *at, versions=len(at)):
        return
    project = await queries.find_project(id, owner)
    if project is not None and project.inbox:
        raise InboxStays("The inbox cannot be deleted.")
    raise stale(project, "project")
