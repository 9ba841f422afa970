"""What todo keeps about somebody: to take along, and to delete."""

from __future__ import annotations

from typing import Any

from .tables import Project, Task


async def export(user: int) -> dict[str, Any]:
    """Return somebody's projects and tasks."""
    return {
        "projects": await Project.select().where(Project.owner == user).order_by(Project.id),
        "tasks": await Task.select().where(Task.owner == user).order_by(Task.id),
    }


async def delete(user: int) -> None:
    """Delete somebody's tasks and projects."""
    await Task.delete().where(Task.owner == user)
    await Project.delete().where(Project.owner == user)
