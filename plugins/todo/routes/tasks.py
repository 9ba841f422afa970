"""Tasks, under /api/v1/todo/tasks."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, IfMatch, Page, endpoint

from ..schemas import Completing, Move, NewTask, TaskChange, TaskOut, TaskQuery
from ..schemas_sync import BulkIn, BulkOut, QuickIn, QuickOut, QuickQuery
from ..service import bulk, completing, placing, trash
from ..service import quick as quick_service
from ..service import tasks as service
from .arriving import arrived
from .undoable import undoable

tasks = Blueprint("todo_tasks", url_prefix="/tasks")


@tasks.get("/")
@endpoint("todo.read")
async def list_tasks(user: CurrentUser, query: TaskQuery) -> Page[TaskOut]:
    """List the tasks that I may see."""
    return await service.some(user.id, query)


@tasks.post("/")
@endpoint("todo.write", status=201)
@undoable
async def create_task(user: CurrentUser, body: NewTask) -> TaskOut:
    """Add a task."""
    return await service.create(user.id, body)


@tasks.get("/<id:int>")
@endpoint("todo.read")
async def read_task(user: CurrentUser, id: int) -> TaskOut:
    """Read a task."""
    return await service.read(user.id, id)


@tasks.patch("/<id:int>")
@endpoint("todo.write")
@undoable
async def change_task(user: CurrentUser, id: int, body: TaskChange, if_match: IfMatch) -> TaskOut:
    """Change a task."""
    return await service.change(user.id, id, body, if_match)


@tasks.delete("/<id:int>")
@endpoint("todo.write")
@undoable
async def delete_task(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Put a task and its sub-tasks into the trash."""
    await trash.delete(user.id, id, if_match)


@tasks.post("/<id:int>/complete")
@endpoint("todo.write")
@undoable
async def complete_task(
    user: CurrentUser, id: int, query: Completing, if_match: IfMatch
) -> TaskOut:
    """Mark a task as done.

    One that repeats stays open and is due again; two who do it at once do it once. Send If-Match,
    and a second click changes nothing whenever it comes.
    """
    children, asked = query.children, arrived()
    return await completing.complete(user.id, id, if_match, children=children, asked=asked)


@tasks.post("/<id:int>/reopen")
@endpoint("todo.write")
@undoable
async def reopen_task(user: CurrentUser, id: int, if_match: IfMatch) -> TaskOut:
    """Mark a task as not done."""
    return await completing.reopen(user.id, id, if_match)


@tasks.post("/<id:int>/move")
@endpoint("todo.write")
@undoable
async def move_task(user: CurrentUser, id: int, body: Move, if_match: IfMatch) -> TaskOut:
    """Move a task behind or before another one, or to another project."""
    return await placing.move(user.id, id, body, if_match)


@tasks.post("/<id:int>/restore")
@endpoint("todo.write")
@undoable
async def restore_task(user: CurrentUser, id: int) -> TaskOut:
    """Take a task and its sub-tasks out of the trash."""
    return await trash.restore(user.id, id)


@tasks.post("/bulk")
@endpoint("todo.write", limit="1200/hour")
@undoable
async def change_tasks(user: CurrentUser, body: BulkIn) -> BulkOut:
    """Change many tasks: all of them, or none."""
    return await bulk.change(user.id, body, asked=arrived())


@tasks.post("/quick")
@endpoint("todo.write")
@undoable
async def add_quickly(user: CurrentUser, query: QuickQuery, body: QuickIn) -> QuickOut:
    """Add a task from a line as people write it."""
    return await quick_service.add(user.id, body, dry_run=query.dry_run)
