"""How much work waits, and how much was given up."""

from __future__ import annotations

from datetime import UTC, datetime

from core.metrics.registry import gauge
from core.tasks.tables import DEAD, WAITING, QueuedTask


def watch() -> None:
    """Show the tasks of the whole database; they are counted when somebody asks."""
    gauge("tasks_due", "Tasks that are due and wait.", _due)
    gauge("tasks_dead", "Tasks that were given up.", _dead)


async def _due() -> int:
    now = datetime.now(UTC)
    waiting = QueuedTask.count().where(QueuedTask.state == WAITING, QueuedTask.run_at <= now)
    return int(await waiting)


async def _dead() -> int:
    return int(await QueuedTask.count().where(QueuedTask.state == DEAD))
