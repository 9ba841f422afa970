"""What is old is forgotten in the background."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.tasks.tables import QueuedTask
from plugins.todo import work
from plugins.todo.settings import TodoSettings
from plugins.todo.tables import Change, Task
from tests.plugins.todo.asking import TASKS, task, undo


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PORTION", 3)


async def troubles() -> list[str]:
    """Return why the task failed."""
    query = QueuedTask.select(QueuedTask.last_error).where(QueuedTask.name == "todo.tidy")
    return [row["last_error"] for row in await query if row["last_error"]]


async def test_what_undo_needs_no_more_is_cleared_and_the_changes_stay(
    ada: Any, run_tasks: Any
) -> None:
    made = await task(ada)
    for number in range(8):
        answer = await ada.patch(f"{TASKS}/{made['id']}", json={"title": f"Milk {number}"})
    changes = await Change.count()
    await run_tasks(at=datetime.now(UTC) + timedelta(minutes=1))
    assert await Change.exists().where(Change.before.is_not_null())
    hour = datetime.now(UTC) + timedelta(hours=1)
    await Change.update({Change.at: hour - timedelta(hours=2)}, force=True)
    await run_tasks(at=hour)
    assert await troubles() == []
    assert not await Change.exists().where(Change.before.is_not_null())
    assert await Change.count() == changes
    assert (await undo(ada, answer)).status_code == 409


async def test_old_changes_and_old_trash_are_deleted(ada: Any, run_tasks: Any) -> None:
    settings = TodoSettings()
    kept, gone = await task(ada, "Kept"), await task(ada, "Gone")
    await ada.delete(f"{TASKS}/{gone['id']}")
    await run_tasks(at=datetime.now(UTC) + timedelta(minutes=1))
    assert await Task.count() == 2
    old = datetime.now(UTC) - timedelta(days=max(settings.trash_days, settings.sync_days) + 2)
    await Task.update({Task.trashed_at: old}).where(Task.id == gone["id"])
    await Change.update({Change.at: old}, force=True)
    await run_tasks(at=datetime.now(UTC) + timedelta(minutes=20))
    assert await troubles() == []
    assert [row["id"] for row in await Task.select(Task.id)] == [kept["id"]]
    assert not await Change.exists().where(Change.at <= old)
