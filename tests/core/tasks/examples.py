"""How a task is made, for the tests that make a thing of every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.tasks.tables import DEAD, QueuedTask


async def dead(server: Any = None, person: Any = None, name: str = "test.dead") -> Any:
    """Make a task that was given up."""
    now = datetime.now(UTC)
    row = QueuedTask(
        name=name, payload="", run_at=now, state=DEAD, attempts=8, created_at=now, ended_at=now
    )
    return (await QueuedTask.insert(row).returning(QueuedTask.id))[0]["id"]


TASKS = "/api/v1/tasks"
MADE = {TASKS: dead}
SHARED = {f"GET {TASKS}/{{id}}", f"POST {TASKS}/{{id}}/retry", f"DELETE {TASKS}/{{id}}"}
