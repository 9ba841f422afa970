"""The todo endpoints, under /api/v1/todo."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, IfMatch, Page, endpoint

from . import service
from .schemas import (
    NewProject,
    NewTask,
    ProjectChange,
    ProjectOut,
    ProjectQuery,
    TaskChange,
    TaskOut,
    TaskQuery,
)

projects = Blueprint("todo_projects", url_prefix="/projects")
tasks = Blueprint("todo_tasks", url_prefix="/tasks")


@projects.get("/")
@endpoint("todo.read")
async def list_projects(user: CurrentUser, query: ProjectQuery) -> Page[ProjectOut]:
    """List my projects."""
    return await service.projects(user.id, query)


@projects.post("/")
@endpoint("todo.write", status=201)
async def create_project(user: CurrentUser, body: NewProject) -> ProjectOut:
    """Add a project."""
    return await service.create_project(user.id, body)


@projects.get("/<id:int>")
@endpoint("todo.read")
async def read_project(user: CurrentUser, id: int) -> ProjectOut:
    """Read a project."""
    return await service.read_project(user.id, id)


@projects.patch("/<id:int>")
@endpoint("todo.write")
async def change_project(
    user: CurrentUser, id: int, body: ProjectChange, if_match: IfMatch
) -> ProjectOut:
    """Change a project."""
    return await service.change_project(user.id, id, body, if_match)


@projects.delete("/<id:int>")
@endpoint("todo.write")
async def delete_project(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Delete a project and its tasks."""
    await service.delete_project(user.id, id, if_match)


@tasks.get("/")
@endpoint("todo.read")
async def list_tasks(user: CurrentUser, query: TaskQuery) -> Page[TaskOut]:
    """List my tasks."""
    return await service.tasks(user.id, query)


@tasks.post("/")
@endpoint("todo.write", status=201)
async def create_task(user: CurrentUser, body: NewTask) -> TaskOut:
    """Add a task."""
    return await service.create_task(user.id, body)


@tasks.get("/<id:int>")
@endpoint("todo.read")
async def read_task(user: CurrentUser, id: int) -> TaskOut:
    """Read a task."""
    return await service.read_task(user.id, id)


@tasks.patch("/<id:int>")
@endpoint("todo.write")
async def change_task(user: CurrentUser, id: int, body: TaskChange, if_match: IfMatch) -> TaskOut:
    """Change a task."""
    return await service.change_task(user.id, id, body, if_match)


@tasks.delete("/<id:int>")
@endpoint("todo.write")
async def delete_task(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Delete a task."""
    await service.delete_task(user.id, id, if_match)


@tasks.post("/<id:int>/complete")
@endpoint("todo.write")
async def complete_task(user: CurrentUser, id: int, if_match: IfMatch) -> TaskOut:
    """Mark a task as done."""
    return await service.complete_task(user.id, id, if_match)


@tasks.post("/<id:int>/reopen")
@endpoint("todo.write")
async def reopen_task(user: CurrentUser, id: int, if_match: IfMatch) -> TaskOut:
    """Mark a task as not done."""
    return await service.reopen_task(user.id, id, if_match)
