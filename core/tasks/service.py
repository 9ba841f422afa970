"""What staff do with tasks: look, have one tried again, delete it. Knows nothing of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.auth import audit
from core.db.compiled import columns
from core.db.engine import transaction
from core.db.errors import is_duplicate
from core.db.pagination import Page, Position, in_order, page
from core.errors import Conflict, NotFound
from core.tasks.schemas import QueuedTaskOut, QueuedTaskQuery
from core.tasks.tables import RUNNING, WAITING, QueuedTask
from core.tasks.waking import tell

COLUMNS = columns(QueuedTask, QueuedTaskOut)


class TaskRunning(Conflict):
    """A task that is being worked at cannot be changed. Wait until the attempt has ended."""

    code, title = "task_running", "Task running"


class AnotherWaits(Conflict):
    """Of tasks with the same name and key one waits at most. Delete the one of the two."""

    code, title = "another_task_waits", "Another task waits"


async def some(query: QueuedTaskQuery) -> Page[QueuedTaskOut]:
    """Return a page of tasks."""
    wanted = [QueuedTask.state == query.state] if query.state else []
    wanted += [QueuedTask.name == query.name] if query.name else []

    async def read(after: Position | None, limit: int) -> list[QueuedTaskOut]:
        select = QueuedTask.select(*COLUMNS).where(*wanted).limit(limit)
        return [QueuedTaskOut(**row) for row in await in_order(select, query.sort, after)]

    async def count() -> int:
        return int(await QueuedTask.count().where(*wanted))

    return await page(query, QueuedTaskOut, read, count)


async def read(id: int) -> QueuedTaskOut:
    """Return a task. Raises NotFound."""
    rows = await QueuedTask.select(*COLUMNS).where(QueuedTask.id == id)
    if not rows:
        raise NotFound(f"There is no task {id}; it may have been done.")
    return QueuedTaskOut(**rows[0])


async def retry(id: int, actor: int | None = None) -> QueuedTaskOut:
    """Have a task tried now, with all its attempts. Raises NotFound, TaskRunning, AnotherWaits."""
    new: dict[Any, Any] = {QueuedTask.state: WAITING, QueuedTask.run_at: datetime.now(UTC)}
    new |= {QueuedTask.attempts: 0, QueuedTask.ended_at: None}
    try:
        async with transaction():
            idle = (QueuedTask.id == id) & (QueuedTask.state != RUNNING)
            rows = await QueuedTask.update(new).where(idle).returning(*COLUMNS)
            task = QueuedTaskOut(**rows[0]) if rows else None
            await _written_down("task_retried", task, actor)
            await tell()
    except Exception as error:
        if not is_duplicate(error):
            raise
        raise AnotherWaits(f"A newer task with the key of task {id} waits already.") from None
    return task or await _refused(id)


async def delete(id: int, actor: int | None = None) -> None:
    """Delete a task that waits or was given up. Raises NotFound, TaskRunning."""
    async with transaction():
        idle = (QueuedTask.id == id) & (QueuedTask.state != RUNNING)
        rows = await QueuedTask.delete().where(idle).returning(*COLUMNS)
        task = QueuedTaskOut(**rows[0]) if rows else None
        await _written_down("task_deleted", task, actor)
    if task is None:
        await _refused(id)


async def _written_down(event: str, task: QueuedTaskOut | None, actor: int | None) -> None:
    if task is not None:
        await audit.record(event, actor=actor, detail=f"{task.name} {task.id}")


async def _refused(id: int) -> QueuedTaskOut:
    await read(id)
    raise TaskRunning(f"Task {id} is being worked at. Wait until the attempt has ended.")
