"""Doing tasks, and opening them again.

A task that repeats stays open and is due again; each time it was done is a row of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core import IfMatch, Problem, emit, transaction

from .. import recurrence
from ..due import columns_at, zone
from ..events import TaskCompleted
from ..queries.clauses import seen
from ..schemas import TaskOut
from ..tables import Completion, Task
from . import reminders
from .access import lock_those, parts_of
from .changes import revise_all
from .errors import OpenChildren
from .opening import open_again
from .parts import note, portions
from .preferences import zone_of
from .tasks import read

LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Glimpse:
    """How tasks were at a moment, before anybody waited for them to be free."""

    moment: datetime
    due: Mapping[int, str | None]


async def glimpse(user: int, ids: Sequence[int], asked: datetime | None = None) -> Glimpse:
    """Look at tasks, so that what is done while one waits for them is not done once more.

    ``asked``: when one began to wait; now, if unsaid.
    """
    moment = asked or datetime.now(UTC)
    rows = await Task.select(Task.id, Task.due).where(
        Task.id.is_in(sorted(ids)), seen("task", user), Task.trashed_at.is_null()
    )
    return Glimpse(moment, {row["id"]: row["due"] for row in rows})


async def complete(
    user: int, id: int, at: IfMatch, *, children: bool = False, asked: datetime | None = None
) -> TaskOut:
    """Do a task; one that is done, or was done by somebody since it was ``asked``, stays as it is.

    Raises NotFound, Forbidden, PreconditionFailed, OpenChildren.
    """
    before = await glimpse(user, [id], asked)
    async with transaction():
        for problem in (await complete_all(user, {id: at}, before, children=children)).values():
            raise problem
        return await read(user, id)


async def complete_all(
    user: int, wanted: Mapping[int, IfMatch], before: Glimpse, *, children: bool = False
) -> dict[int, Problem]:
    """Do tasks, none of which is part of another one; return why those that cannot be, are not.

    What ``complete`` leaves as it is stays so here too.
    """
    tasks, refused = await lock_those(user, wanted)
    due = await _still_due([task for task in tasks.values() if not task.done], before)
    parts = await parts_of([task.id for task in due])
    for task in due:
        waiting = ", ".join(str(part.id) for part in parts.get(task.id, ()) if not part.done)
        if waiting and not children:
            refused[task.id] = OpenChildren(
                f"The sub-tasks {waiting} are open. Do them first, or do all at once with "
                "?children=true."
            )
    await _do(user, [task for task in due if task.id not in refused], parts)
    return refused


async def _still_due(tasks: list[Task], before: Glimpse) -> list[Task]:
    """Return those of some tasks that nobody has done meanwhile.

    One that was may be due on the same day again, as if nothing had happened.
    """
    same = [task for task in tasks if before.due.get(task.id, task.due) == task.due]
    if not same:
        return []
    since = [Completion.task.is_in([task.id for task in same])]
    since += [Completion.completed_at >= before.moment]
    done = {row["task"] for row in await Completion.select(Completion.task).where(*since)}
    return [task for task in same if task.id not in done]


async def _do(user: int, tasks: list[Task], parts: Mapping[int, list[Task]]) -> None:
    """Do tasks that are locked, after those of their parts that are open."""
    here = await zone_of(user) if any(task.rule for task in tasks) else ""
    now = datetime.now(UTC)
    done: list[tuple[Task, str | None]] = []
    again: list[Task] = []
    for task in tasks:
        following = _following(task, here, now)
        for part in parts.get(task.id, ()):
            after = _following(part, here, now) if following and not part.done else None
            done += [] if part.done else [(part, after)]
            again += [part] if following and after is None else []
        done.append((task, following))
    await _write_down(user, done)
    if again:  # the parts of what is due again are so too
        await open_again(user, again)


def _following(task: Task, here: str, now: datetime) -> str | None:
    """Return when a task that is done now is due again; None if it is not."""
    if not task.rule or not task.due:
        return None
    done = now.astimezone(zone(task.due_tz or here)).strftime(LOCAL)
    return recurrence.next_due(task.rule, task.rule_from or "due", task.due, done)


async def _write_down(user: int, done: Sequence[tuple[Task, str | None]]) -> None:
    """Write down that tasks were done; each is over, or due again."""
    now = datetime.now(UTC)
    for some in portions(done):
        await _keep(user, [task for task, _ in some], now)
    over = {"done": True, "completed_at": now}
    columns = {
        task.id: over
        if following is None
        else columns_at(following, task.due_tz) | {"rule": recurrence.remaining(task.rule)}
        for task, following in done
    }
    versions = await revise_all(user, columns)
    await reminders.reckon(user, [*columns])
    for task, _ in done:
        version = versions[task.id]
        await emit(
            TaskCompleted(task_id=task.id, project_id=task.project, actor_id=user, version=version)
        )


async def _keep(user: int, tasks: Sequence[Task], now: datetime) -> None:
    rows = [
        Completion(
            task=task.id,
            person=user,
            due=task.due,
            completed_at=now,
            updated_at=now,
            changed_by=user,
        )
        for task in tasks
    ]
    for added in await Completion.insert(*rows).returning(Completion.id):
        note("completion", added["id"], 1)


async def reopen(user: int, id: int, at: IfMatch) -> TaskOut:
    """Open a task again, and the one that it is part of; one that is open stays as it is."""
    async with transaction():
        for problem in (await reopen_all(user, {id: at})).values():
            raise problem
        return await read(user, id)


async def reopen_all(user: int, wanted: Mapping[int, IfMatch]) -> dict[int, Problem]:
    """Open tasks again; return why those that cannot be, are not."""
    tasks, refused = await lock_those(user, wanted)
    if done := [task for task in tasks.values() if task.done]:
        await open_again(user, done)
    return refused
