"""The trash: what is deleted stays there until it is restored, purged, or too old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from core import IfMatch, NotFound, Page, Problem, emit, page, transaction

from ..events import ProjectDeleted, ProjectRestored, TaskDeleted, TaskRestored
from ..queries import listing
from ..queries import projects as project_queries
from ..queries.clauses import at as at_version
from ..queries.clauses import changed
from ..schemas import ProjectOut, TaskOut, TrashedOut, TrashedProjectOut, TrashQuery
from ..tables import Project, Task
from . import projects, reminders
from .access import lock_projects, lock_tasks, lock_those, parts_of
from .changes import revise, revise_all
from .errors import InboxStays, InTrash
from .opening import open_parent
from .parts import note, number
from .tasks import read

PORTION = 1000


async def delete(user: int, id: int, at: IfMatch) -> None:
    """Put a task and its sub-tasks into the trash. Raises what ``change`` does."""
    async with transaction():
        for problem in (await delete_all(user, {id: at})).values():
            raise problem


async def delete_all(user: int, wanted: Mapping[int, IfMatch]) -> dict[int, Problem]:
    """Put tasks and their sub-tasks into the trash; return why those that cannot be, are not."""
    tasks, refused = await lock_those(user, wanted)
    await delete_locked(user, [*tasks.values()])
    return refused


async def delete_locked(user: int, tasks: Sequence[Task]) -> None:
    """Put tasks that are locked into the trash, with their sub-tasks."""
    parts = await parts_of([task.id for task in tasks])
    going = {each.id: each for task in tasks for each in (*parts.get(task.id, ()), task)}
    columns = {"trashed_at": datetime.now(UTC)}
    versions = await revise_all(user, dict.fromkeys(going, columns))
    for id, task in going.items():
        await emit(
            TaskDeleted(task_id=id, project_id=task.project, actor_id=user, version=versions[id])
        )


async def restore(user: int, id: int) -> TaskOut:
    """Take a task out of the trash, and the sub-tasks that went with it. Raises InTrash."""
    async with transaction():
        task = (await lock_tasks(user, [id], trashed=None))[id]
        if task.trashed_at is None:
            return await read(user, id)
        await restore_locked(user, task)
        return await read(user, id)


async def restore_locked(user: int, task: Task) -> None:
    """Take a task that is locked out of the trash."""
    if await Project.exists().where(Project.id == task.project, Project.trashed_at.is_not_null()):
        raise InTrash(f"The project {task.project} is in the trash. Restore it first.")
    columns: dict[str, object] = {"trashed_at": None}
    if await Task.exists().where(Task.id == (task.parent or 0), Task.trashed_at.is_not_null()):
        columns["parent"] = None
    elif not task.done:
        await open_parent(user, task.parent)
    children = (
        await Task.select(Task.id)
        .where(Task.parent == task.id, Task.trashed_at == task.trashed_at)
        .order_by(Task.id)
    )
    await _bring_back(user, task.id, task.project, columns)
    for child in children:
        await _bring_back(user, child["id"], task.project, {"trashed_at": None})


async def _bring_back(user: int, id: int, project: int, columns: dict[str, object]) -> None:
    version = await revise(id, user, columns)
    await reminders.reckon(user, [id])
    await emit(TaskRestored(task_id=id, project_id=project, actor_id=user, version=version))


async def some(user: int, query: TrashQuery) -> Page[TrashedOut]:
    """Return a page of the tasks in the trash that somebody may see."""
    return await page(
        query,
        TrashedOut,
        lambda position, limit: listing.trash(user, limit, *(position or ()), sort=query.sort),
        lambda: number(listing.counted_trash(user)),
    )


async def purge(user: int, id: int) -> None:
    """Delete a task that is in the trash for ever. Raises NotFound, Forbidden."""
    async with transaction():
        await lock_tasks(user, [id], trashed=True)
        await Task.delete().where(Task.id == id)


async def some_projects(user: int, query: TrashQuery) -> Page[TrashedProjectOut]:
    """Return a page of somebody's own projects that are in the trash."""
    return await page(
        query,
        TrashedProjectOut,
        lambda position, limit: project_queries.trash(
            user, limit, *(position or ()), sort=query.sort
        ),
        lambda: number(project_queries.counted_trash(user)),
    )


async def purge_project(user: int, id: int) -> None:
    """Delete a project that is in the trash for ever, with all that is in it. Raises NotFound."""
    mine = [Project.id == id, Project.owner == user, Project.trashed_at.is_not_null()]
    if not await Project.delete().where(*mine).returning(Project.id):
        raise NotFound(f"You have no project {id} in the trash.")


async def empty(user: int) -> None:
    """Delete for ever all of somebody's own that is in the trash."""
    for table in (Task, Project):
        await _forget(table, table.owner == user)


async def delete_project(user: int, id: int, at: IfMatch) -> None:
    """Put a project into the trash with its tasks. Its owner may.

    Raises NotFound, Forbidden, PreconditionFailed, InboxStays.
    """
    now = datetime.now(UTC)
    async with transaction():
        await lock_projects([id])
        guard = [Project.id == id, Project.owner == user, Project.trashed_at.is_null()]
        guard += [Project.inbox.eq(False), *at_version(Project, at, len(at))]
        rows = (
            await changed(Project, {"trashed_at": now}, now, user)
            .where(*guard)
            .returning(Project.version)
        )
        if not rows:
            raise await _refusal(user, id)
        inside = [Task.project == id, Task.trashed_at.is_null()]
        await changed(Task, {"trashed_at": now}, now, user).where(*inside)
        note("project", id, rows[0]["version"])
        await emit(ProjectDeleted(project_id=id, actor_id=user))


async def _refusal(user: int, id: int) -> Exception:
    project = await project_queries.find(id, user)
    if project is not None and project.inbox and project.role == "owner":
        return InboxStays("The inbox cannot be deleted.")
    return await projects.refusal(user, id)


async def restore_project(user: int, id: int) -> ProjectOut:
    """Take a project out of the trash, with the tasks that went with it. Raises NotFound."""
    async with transaction():
        held = await lock_projects([id])
        if id not in held or held[id].owner != user:
            raise NotFound(f"You have no project {id} in the trash.")
        await restore_project_locked(user, held[id])
        return await projects.read(user, id)


async def restore_project_locked(user: int, project: Project) -> None:
    """Take a project that is locked out of the trash; one that is not in it stays as it is."""
    if project.trashed_at is None:
        return
    now = datetime.now(UTC)
    rows = (
        await changed(Project, {"trashed_at": None}, now, user)
        .where(Project.id == project.id)
        .returning(Project.version)
    )
    inside = [Task.project == project.id, Task.trashed_at == project.trashed_at]
    await changed(Task, {"trashed_at": None}, now, user).where(*inside)
    note("project", project.id, rows[0]["version"])
    await emit(ProjectRestored(project_id=project.id, actor_id=user))


async def forget_old(days: int) -> None:
    """Delete for ever what has been in the trash for so many days."""
    before = datetime.now(UTC) - timedelta(days=days)
    for table in (Task, Project):
        await _forget(table, table.trashed_at < before)


async def _forget(table: type[Task | Project], which: Any) -> None:
    """Delete rows that are in the trash, in portions; one that is restored meanwhile stays."""
    there = [which, table.trashed_at.is_not_null()]
    while True:
        old = await table.select(table.id).where(*there).order_by(table.id).limit(PORTION)
        if old:
            await table.delete().where(table.id.is_in([row["id"] for row in old]), *there)
        if len(old) < PORTION:
            return
