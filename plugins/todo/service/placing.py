"""Moving tasks between places and projects.

One row changes; only when the keys between two neighbours would grow too long, some of them around
get new ones. The project is locked meanwhile, so that two moves never take the same place.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from piccolo.columns.combination import WhereRaw

from core import IfMatch, Invalid, NotFound, stale, transaction

from ..ordering import LONGEST, ROOM, between, key_at, spread
from ..queries import tasks as queries
from ..schemas import Move, TaskOut
from ..tables import Task
from .access import may_see_task
from .changes import revise
from .changing import bring_children, into_project, lock_for, tell_moved
from .errors import NoSuchTask
from .parts import is_so
from .tasks import read

FEW = 8
BEHIND = '("todo_task"."order", "todo_task"."id") > ({}, {})'
BEFORE = '("todo_task"."order", "todo_task"."id") < ({}, {})'

Place = tuple[str, int]
"""Where a task stands in its project: its key, and its id where keys are the same."""


async def move(user: int, id: int, body: Move, at: IfMatch) -> TaskOut:
    """Move a task behind or before another one, or to the end of a project.

    Raises NotFound, Forbidden, PreconditionFailed, NoSuchProject, NoSuchTask.
    """
    async with transaction():
        project = await _goal(user, body)
        task = (await lock_for(user, [id], project))[id]
        if at and task.version not in at:
            raise stale(await queries.find(id, user), "task")
        project = project or task.project
        columns: dict[str, Any] = {}
        if project != task.project:
            columns = await into_project(project) | {"parent": None}
        columns["order"] = await _key(user, project, task, body)
        if is_so(task, columns):
            return await read(user, id)
        version = await revise(id, user, columns)
        await tell_moved(user, task, project, version)
        if "project" in columns:
            await bring_children(user, task, columns)
        return await read(user, id)


async def _goal(user: int, body: Move) -> int | None:
    """Return the project that a task goes to; None for the one it is in."""
    if body.after is not None and body.before is not None:
        raise Invalid("Say after or before, not both.")
    beside = body.after or body.before
    if beside is None:
        return body.project
    try:
        project: int = (await may_see_task(user, beside)).project
    except NotFound:
        raise NoSuchTask(f"You have no task {beside}.") from None
    if body.project not in (None, project):
        raise Invalid(f"Task {beside} is in project {project}, not in {body.project}.")
    return project


async def _key(user: int, project: int, task: Task, body: Move) -> str:
    """Return the key of a task at its new place; the one it has where it stands there already."""
    beside, stays = body.after or body.before, project == task.project
    here = (str(task.order), task.id)
    if beside == task.id:
        return here[0]
    if beside is None:
        last = stays and not await _neighbours(project, task.id, here, 1, behind=True)
        return here[0] if last else key_at(datetime.now(UTC))
    rows = await Task.select(Task.order, Task.id).where(Task.id == beside, Task.project == project)
    if not rows:
        raise NoSuchTask(f"Task {beside} was moved meanwhile. Try again.")
    place = (rows[0]["order"], rows[0]["id"])
    low, high = ([place], []) if body.after else ([], [place])
    if body.after:
        high = await _neighbours(project, task.id, place, 1, behind=True)
    else:
        low = await _neighbours(project, task.id, place, 1, behind=False)
    if stays and all(each < here for each in low) and all(here < each for each in high):
        return here[0]
    return await _between(user, project, task.id, low, high)


async def _neighbours(
    project: int, but: int, place: Place, count: int, *, behind: bool
) -> list[Place]:
    """Return the places next to one, the nearest first, without that of the moving task."""
    rows = (
        await Task.select(Task.order, Task.id)
        .where(
            Task.project == project,
            Task.id != but,
            WhereRaw(BEHIND if behind else BEFORE, *place),
        )
        .order_by(Task.order, Task.id, ascending=behind)
        .limit(count)
    )
    return [(row["order"], row["id"]) for row in rows]


async def _between(
    user: int, project: int, moving: int, low: list[Place], high: list[Place]
) -> str:
    """Return a key between two neighbours; some around get new ones where there is no room."""
    first, last = low[0][0] if low else None, high[0][0] if high else None
    if first is None or last is None or first < last:
        key = between(first, last)
        if len(key) <= LONGEST:
            return key
    count = FEW
    while True:
        lower = await _around(project, moving, low, count, behind=False)
        upper = await _around(project, moving, high, count, behind=True)
        start = lower[count][0] if len(lower) > count else None
        end = upper[count][0] if len(upper) > count else None
        rows = [*reversed(lower[:count]), None, *upper[:count]]
        if start is None or end is None or start < end:
            keys = spread(start, end, len(rows))
            if max(map(len, keys)) <= ROOM or (start is None and end is None):
                return await _rewrite(user, rows, keys)
        count *= 2


async def _around(
    project: int, moving: int, nearest: list[Place], count: int, *, behind: bool
) -> list[Place]:
    if not nearest:
        return []
    more = await _neighbours(project, moving, nearest[0], count, behind=behind)
    return [nearest[0], *more]


async def _rewrite(user: int, rows: list[Place | None], keys: list[str]) -> str:
    """Give rows their new keys, and return the one of the moving task."""
    mine = ""
    for row, key in zip(rows, keys, strict=True):
        if row is None:
            mine = key
        else:
            await revise(row[1], user, {"order": key})
    return mine
