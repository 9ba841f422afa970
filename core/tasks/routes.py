"""The endpoints for tasks, under /api/v1/tasks, for staff."""

from __future__ import annotations

from sanic import Blueprint

from core.auth.authorization.identity import CurrentUser
from core.db.pagination import Page
from core.endpoint import endpoint
from core.tasks import service
from core.tasks.schemas import QueuedTaskOut, QueuedTaskQuery

tasks = Blueprint("tasks")


@tasks.get("/")
@endpoint("tasks.manage")
async def list_queued_tasks(query: QueuedTaskQuery) -> Page[QueuedTaskOut]:
    """List what waits, runs and was given up. What is done is not kept."""
    return await service.some(query)


@tasks.get("/<id:int>")
@endpoint("tasks.manage")
async def read_queued_task(id: int) -> QueuedTaskOut:
    """Read about a task."""
    return await service.read(id)


@tasks.post("/<id:int>/retry")
@endpoint("tasks.manage")
async def retry_queued_task(user: CurrentUser, id: int) -> QueuedTaskOut:
    """Have a task tried now, with all its attempts."""
    return await service.retry(id, user.id)


@tasks.delete("/<id:int>")
@endpoint("tasks.manage")
async def delete_queued_task(user: CurrentUser, id: int) -> None:
    """Delete a task that waits or was given up: it will not be done."""
    await service.delete(id, user.id)
