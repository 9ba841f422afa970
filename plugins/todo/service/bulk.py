"""Many changes at once: all of them happen, or none."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec

from core import FieldError, IfMatch, Invalid, Problem, transaction

from ..queries import tasks as queries
from ..queries.clauses import seen
from ..schemas import TaskChange
from ..schemas_sync import BulkIn, BulkItem, BulkOut
from ..tables import Project, Task
from . import completing, labels, tasks, trash
from .access import lock_projects
from .parts import LONGEST_LABEL, changes_of


class BulkRefused(Invalid):
    """Some changes of a bulk cannot be made, so none was."""

    code, title = "bulk_refused", "Nothing was changed"


async def change(user: int, body: BulkIn, *, asked: datetime | None = None) -> BulkOut:
    """Make several changes, ``asked`` for at a moment (now, if unsaid).

    Raises BulkRefused, which says what is wrong with which.
    """
    ids = [item.id for item in body.tasks]
    if len(set(ids)) < len(ids):
        raise Invalid("A task is named more than once.")
    before = await completing.glimpse(user, ids, asked)
    refused: dict[int, Problem] = {}
    async with transaction():
        there = await _lock_projects(user, ids, body)
        await labels.remember(user, _words(body))
        for action, items in groupby(_order(body.tasks, there), lambda item: _kind(item, there)):
            refused |= await _same(user, action[0], list(items), before)
        if refused:
            raise _problem(ids, refused)
        found = {task.id: task for task in await queries.these(user, *sorted(ids))}
    return BulkOut([found.get(id) for id in ids])


def _words(body: BulkIn) -> list[str]:
    """Return all labels of a bulk that can be kept: they are added in one order, before others."""
    words = [word for item in body.tasks for word in item.labels or ()]
    return [word for word in words if len(word.casefold()) <= LONGEST_LABEL]


def _kind(item: BulkItem, there: dict[int, Any]) -> tuple[str, bool]:
    """Return what changes are made together by: not a task and what it is part of."""
    return item.action, item.action == "complete" and _parent(item, there) is not None


def _parent(item: BulkItem, there: dict[int, Any]) -> int | None:
    parent: int | None = there[item.id]["parent"] if item.id in there else None
    return parent


def _order(items: list[BulkItem], there: dict[int, Any]) -> list[BulkItem]:
    """Return changes in the order to make them, whichever way round they were asked for.

    Sub-tasks are done before the tasks that they are part of; they are not deleted by themselves
    where that task is deleted too, so that they come back with it.
    """
    deleted = {item.id for item in items if item.action == "delete"}

    def goes_along(item: BulkItem) -> bool:
        asked_for = item.id in there and item.version in (None, there[item.id]["version"])
        return item.action == "delete" and _parent(item, there) in deleted and asked_for

    found = [item for item in items if not goes_along(item)]
    return sorted(found, key=lambda item: _kind(item, there) != ("complete", True))


async def _lock_projects(user: int, ids: list[int], body: BulkIn) -> dict[int, Any]:
    """Lock the projects that the tasks are in and go to, as far as somebody may see them.

    Returns what each task is part of, and its version.
    """
    rows = await Task.select(Task.id, Task.parent, Task.version, Task.project).where(
        Task.id.is_in(ids), seen("task", user), Task.trashed_at.is_null()
    )
    found = {row["project"] for row in rows}
    goals = {item.project for item in body.tasks if isinstance(item.project, int)} - found
    if goals:
        mine = Project.select(Project.id).where(
            Project.id.is_in(sorted(goals)), seen("project", user)
        )
        found |= {row["id"] for row in await mine}
    await lock_projects(found)
    return {row["id"]: row for row in rows}


def _problem(ids: list[int], refused: dict[int, Problem]) -> BulkRefused:
    errors = [
        FieldError(f"$.tasks[{number}]", refused[id].detail)
        for number, id in enumerate(ids)
        if id in refused
    ]
    text = f"{len(errors)} of these cannot be done, so none was: {errors[0].message}"
    return BulkRefused(text, errors=errors)


async def _same(
    user: int, action: str, items: list[BulkItem], before: completing.Glimpse
) -> dict[int, Problem]:
    """Make changes of one kind; return why those that cannot be made, are not."""
    if action == "update":
        return await _update(user, items)
    wanted = {item.id: _at(item) for item in items if not _new(item)}
    refused: dict[int, Problem] = {
        item.id: Invalid(f"The action {action} takes no fields.") for item in items if _new(item)
    }
    if action == "complete":
        return refused | await completing.complete_all(user, wanted, before)
    if action == "reopen":
        return refused | await completing.reopen_all(user, wanted)
    return refused | await trash.delete_all(user, wanted)


async def _update(user: int, items: list[BulkItem]) -> dict[int, Problem]:
    refused: dict[int, Problem] = {}
    for item in items:
        try:
            body = msgspec.structs.replace(TaskChange(), **_new(item))
            await tasks.change(user, item.id, body, _at(item))
        except Problem as problem:
            refused[item.id] = problem
    return refused


def _at(item: BulkItem) -> IfMatch:
    return IfMatch([item.version] if item.version is not None else [])


def _new(item: BulkItem) -> dict[str, Any]:
    """Return the fields that are to be changed."""
    given = changes_of(item)
    return {name: given[name] for name in given if name not in ("id", "action", "version")}
