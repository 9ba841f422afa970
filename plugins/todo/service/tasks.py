"""What may be done with tasks. Knows nothing of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

from core import IfMatch, Invalid, NotFound, Page, emit, is_null, page, savepoint, stale

from ..events import TaskCompleted, TaskCreated
from ..queries import tasks as queries
from ..schemas import NewTask, TaskChange, TaskOut, TaskQuery
from .parts import changes_of, number
from .projects import ensure_inbox


class NoSuchProject(Invalid):
    """The project named is not there, or somebody else's."""

    code, title = "no_such_project", "No such project"


async def create(owner: int, new: NewTask) -> TaskOut:
    """Add a task to a project, or to the inbox. Raises NoSuchProject."""
    try:
        async with savepoint():
            return await _create(owner, new)
    except Exception as error:
        if not is_null(error):
            raise
    if new.project is not None:
        raise NoSuchProject(f"You have no project {new.project}.")
    await ensure_inbox(owner)
    return await _create(owner, new)


async def _create(owner: int, new: NewTask) -> TaskOut:
    task = await queries.add(
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


async def read(owner: int, id: int) -> TaskOut:
    """Return a task. Raises NotFound."""
    task = await queries.find(id, owner)
    if task is None:
        raise NotFound(f"You have no task {id}.")
    return task


async def some(owner: int, query: TaskQuery) -> Page[TaskOut]:
    """Return a page of the owner's tasks."""
    text = _pattern(query.q)
    shape = _shape(query)
    values = (owner, query.project, query.priority, text)
    return await page(
        query,
        TaskOut,
        lambda position, limit: queries.listed(
            *values, limit, *(position or ()), sort=query.sort, shape=shape
        ),
        lambda: number(queries.counted(*values, shape=shape)),
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


async def change(owner: int, id: int, body: TaskChange, at: IfMatch) -> TaskOut:
    """Change a task that is at one of the versions ``at`` (empty: any).

    Raises NotFound, PreconditionFailed, NoSuchProject.
    """
    new = changes_of(body)
    try:
        async with savepoint():
            task = await queries.change(
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
    return task or await _refuse(owner, id)


async def _refuse(owner: int, id: int) -> TaskOut:
    raise stale(await queries.find(id, owner), "task")


async def complete(owner: int, id: int, at: IfMatch) -> TaskOut:
    """Mark a task as done; one that is done stays as it is."""
    now = datetime.now(UTC)
    task = await queries.mark(id, owner, now, now, *at, done=True, versions=len(at))
    if task is not None:
        await emit(TaskCompleted(task_id=id, owner_id=owner))
    return task or await _marked_already(owner, id, at, done=True)


async def reopen(owner: int, id: int, at: IfMatch) -> TaskOut:
    """Mark a task as not done; one that is open stays as it is."""
    now = datetime.now(UTC)
    task = await queries.mark(id, owner, now, None, *at, done=False, versions=len(at))
    return task or await _marked_already(owner, id, at, done=False)


async def _marked_already(owner: int, id: int, at: IfMatch, *, done: bool) -> TaskOut:
    task = await queries.find(id, owner)
    if task is None or task.done is not done or (at and task.version not in at):
        raise stale(task, "task")
    return task


async def delete(owner: int, id: int, at: IfMatch) -> None:
    """Delete a task. Raises NotFound or PreconditionFailed."""
    if not await queries.delete(id, owner, *at, versions=len(at)):
        await _refuse(owner, id)
