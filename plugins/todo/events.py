"""What happens to tasks, told after the commit."""

from __future__ import annotations

from core import Event


class TaskCreated(Event, frozen=True):
    """Somebody added a task."""

    task_id: int
    owner_id: int


class TaskCompleted(Event, frozen=True):
    """Somebody did a task."""

    task_id: int
    owner_id: int
