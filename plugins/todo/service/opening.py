"""Opening tasks again: what is open never belongs to a task that is done."""

from __future__ import annotations

from collections.abc import Sequence

from core import emit

from ..events import TaskReopened
from ..tables import Task
from . import reminders
from .changes import revise_all
from .parts import portions

OPEN = {"done": False, "completed_at": None}


async def open_again(user: int, tasks: Sequence[Task]) -> None:
    """Open tasks whose projects are locked, and those that they are part of."""
    known = {task.id for task in tasks}
    parents = await _done({task.parent for task in tasks} - known - {None})
    opened = [*parents, *tasks]
    ids = [task.id for task in opened]
    versions = await revise_all(user, dict.fromkeys(ids, OPEN))
    await reminders.reckon(user, ids)
    for task in opened:
        await emit(
            TaskReopened(
                task_id=task.id, project_id=task.project, actor_id=user, version=versions[task.id]
            )
        )


async def open_parent(user: int, parent: int | None) -> None:
    """Open the task that an open one has become part of, if it is done."""
    if parent is not None and (done := await _done({parent})):
        await open_again(user, done)


async def _done(ids: set[int]) -> list[Task]:
    """Return those of some tasks that are done."""
    found: list[Task] = []
    for some in portions(sorted(ids)):
        done = [Task.id.is_in(some), Task.done.eq(True), Task.trashed_at.is_null()]
        found += await Task.objects().where(*done).order_by(Task.id)
    return found
