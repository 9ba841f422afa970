"""What was given up long ago is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.tasks.tables import DEAD, QueuedTask


async def forget_dead(days: int) -> None:
    """Delete what was given up more than ``days`` ago."""
    before = datetime.now(UTC) - timedelta(days=days)
    await QueuedTask.delete().where(QueuedTask.state == DEAD, QueuedTask.ended_at < before)
