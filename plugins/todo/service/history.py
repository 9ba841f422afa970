"""The times that a task was done."""

from __future__ import annotations

import asyncio
from typing import Any

from core import Page, columns, compiled, compiled_one, in_order, limited, page

from .. import recurrence
from ..queries.clauses import position_of
from ..schemas_more import CompletionOut, CompletionQuery, StreakOut
from ..tables import Completion
from .access import may_see_task
from .parts import number

LONGEST_STREAK = 1000


@compiled(CompletionOut)
def _listed(task: int, limit: int, *position: Any, sort: str) -> Any:
    query = Completion.select(*columns(Completion, CompletionOut)).where(Completion.task == task)
    return limited(in_order(query, sort, position_of(position)), limit)


@compiled_one(int)
def _counted(task: int) -> Any:
    return Completion.count().where(Completion.task == task)


async def completions(user: int, id: int, query: CompletionQuery) -> Page[CompletionOut]:
    """Return a page of the times a task was done. Raises NotFound."""
    await may_see_task(user, id)
    return await page(
        query,
        CompletionOut,
        lambda position, limit: _listed(id, limit, *(position or ()), sort=query.sort),
        lambda: number(_counted(id)),
    )


async def streak(user: int, id: int) -> StreakOut:
    """Return how often a task was done without leaving out an occurrence. Raises NotFound."""
    task = await may_see_task(user, id)
    rows = (
        await Completion.select(Completion.due)
        .where(Completion.task == id, Completion.due.is_not_null())
        .order_by(Completion.completed_at, ascending=False)
        .limit(LONGEST_STREAK)
    )
    done = [row["due"] for row in reversed(rows)]
    runs: list[int] = []
    if task.rule and task.rule_from == "due":
        runs = await asyncio.to_thread(recurrence.runs, task.rule, done)
    unbroken = bool(runs) and recurrence.following(task.rule, done[-1], done[-1]) == task.due
    return StreakOut(await number(_counted(id)), runs[-1] if unbroken else 0, max(runs, default=0))
