"""What may be done with tasks. Knows nothing of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import (
    Forbidden,
    IfMatch,
    NotFound,
    Page,
    emit,
    is_null,
    page,
    page_with_nulls,
    stale,
    transaction,
    unit,
)

from ..due import text_out
from ..events import TaskCreated, TaskEvent, TaskUpdated
from ..ordering import key_at
from ..queries import listing
from ..queries import tasks as queries
from ..schemas import NewTask, TaskChange, TaskOut, TaskQuery
from . import labels
from .access import VIEWER, destination, role_in
from .changing import change_more, details
from .errors import NoSuchProject
from .filters import filters
from .parts import changes_of, is_so, labels_text, note, number
from .projects import ensure_inbox

SIMPLE = {"title", "description", "priority"}
"""What is changed by one statement: nothing else depends on it."""


async def create(user: int, new: NewTask) -> TaskOut:
    """Add a task to a project, to its parent, or to the inbox.

    Raises NoSuchProject, NoSuchTask, BadParent, BadRule, NoSuchZone, Forbidden.
    """
    if new.parent is not None or new.due is not None or new.labels or new.recurrence is not None:
        async with transaction():
            project, given = await details(user, new)
            if project is None:
                await ensure_inbox(user)
            task = await _create_there(user, new, project, given)
            await labels.remember(user, new.labels)
            return task
    try:
        async with unit(TaskCreated):
            return await _create(user, new, new.project, {})
    except Exception as error:
        if not is_null(error):
            raise
    if new.project is not None:
        await destination(user, new.project)
    await ensure_inbox(user)
    async with unit(TaskCreated):
        return await _create_there(user, new, new.project, {})


async def _create_there(
    user: int, new: NewTask, project: int | None, given: dict[str, Any]
) -> TaskOut:
    """Add a task to a project that was there a moment ago. Raises NoSuchProject."""
    try:
        return await _create(user, new, project, given)
    except Exception as error:
        if is_null(error):
            raise NoSuchProject(f"The project {project} is not there any more.") from None
        raise


async def _create(user: int, new: NewTask, project: int | None, given: dict[str, Any]) -> TaskOut:
    now = datetime.now(UTC)
    task = await queries.add(
        user,
        project,
        new.title,
        new.description,
        new.priority,
        labels_text(new.labels) if new.labels else "",
        key_at(now),
        now,
        *given.values(),
        inbox=project is None,
        given=tuple(given),
    )
    await tell(TaskCreated, user, task)
    return task


async def tell(kind: type[TaskEvent], user: int, task: TaskOut) -> None:
    """Tell what happened to a task, and write it down for undo."""
    note("task", task.id, task.version)
    await emit(kind(task_id=task.id, project_id=task.project, actor_id=user, version=task.version))


async def read(user: int, id: int) -> TaskOut:
    """Return a task. Raises NotFound."""
    task = await queries.find(id, user)
    if task is None:
        raise NotFound(f"You have no task {id}.")
    return task


async def some(user: int, query: TaskQuery) -> Page[TaskOut]:
    """Return a page of the tasks that somebody may see."""
    shape, values = await filters(user, query)
    one = query.project is not None

    async def read(position: Any, limit: int, nulls: bool | None = None) -> list[TaskOut]:
        async def some(reach: listing.Reach) -> list[tuple[TaskOut, bool]]:
            return await listing.listed(
                user,
                query.project,
                limit,
                *values,
                *(position or ()),
                sort=query.sort,
                reach=reach,
                shape=shape,
                placed=position is not None,
                nulls=nulls,
            )

        rows = await some("one" if one else "mine")
        if not one and (not rows or rows[0][1]):
            rows = await some("all")
        return [task for task, _ in rows]

    async def count() -> int:
        reach: listing.Reach = "one" if one else "all"
        return await number(listing.counted(user, query.project, *values, reach=reach, shape=shape))

    if query.sort in ("due", "-due"):
        return await page_with_nulls(query, str, lambda task: text_out(task.due), read, count)
    return await page(query, TaskOut, read, count)


async def change(user: int, id: int, body: TaskChange, at: IfMatch) -> TaskOut:
    """Change a task that is at one of the versions ``at`` (empty: any).

    Raises NotFound, Forbidden, PreconditionFailed, and what ``create`` raises.
    """
    new = changes_of(body)
    if not SIMPLE.issuperset(new):
        async with transaction():
            task, done = await change_more(user, id, new, at)
            if done:
                await tell(TaskUpdated, user, task)
            return task
    async with unit(TaskUpdated):
        found = await queries.change(
            id,
            user,
            datetime.now(UTC),
            *new.values(),
            *at,
            changes=tuple(new),
            versions=len(at),
            unless_so=True,
        )
        if found is None:
            return await _as_it_is(user, id, new, at)
        await tell(TaskUpdated, user, found)
    return found


async def _as_it_is(user: int, id: int, new: dict[str, Any], at: IfMatch) -> TaskOut:
    """Return a task that is as somebody wants it already. Raises why it may not be changed."""
    task = await queries.find(id, user)
    if task is not None and await role_in(user, task.project) == "viewer":
        raise Forbidden(VIEWER)
    if task is None or (at and task.version not in at) or not is_so(task, new):
        raise stale(task, "task")
    return task
