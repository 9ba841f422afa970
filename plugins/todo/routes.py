"""The todo endpoints, under /api/v1/todo."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, IfMatch, Page, endpoint

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
from .service import projects as project_service
from .service import tasks as task_service

projects = Blueprint("todo_projects", url_prefix="/projects")
tasks = Blueprint("todo_tasks", url_prefix="/tasks")


@projects.get("/")
@endpoint("todo.read")
async def list_projects(user: CurrentUser, query: ProjectQuery) -> Page[ProjectOut]:
    """List my projects."""
    return await project_service.some(user.id, query)


@projects.post("/")
@endpoint("todo.write", status=201)
async def create_project(user: CurrentUser, body: NewProject) -> ProjectOut:
    """Add a project."""
    return await project_service.create(user.id, body)


@projects.get("/<id:int>")
@endpoint("todo.read")
async def read_project(user: CurrentUser, id: int) -> ProjectOut:
    """Read a project."""
    return await project_service.read(user.id, id)


@projects.patch("/<id:int>")
@endpoint("todo.write")
async def change_project(
    user: CurrentUser, id: int, body: ProjectChange, if_match: IfMatch
) -> ProjectOut:
    """Change a project."""
    return await project_service.change(user.id, id, body, if_match)


@projects.delete("/<id:int>")
@endpoint("todo.write")
async def delete_project(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Delete a project and its tasks."""
    await project_service.delete(user.id, id, if_match)


@tasks.get("/")
@endpoint("todo.read")
async def list_tasks(user: CurrentUser, query: TaskQuery) -> Page[TaskOut]:
    """List my tasks."""
    return await task_service.some(user.id, query)


@tasks.post("/")
@endpoint("todo.write", status=201)
async def create_task(user: CurrentUser, body: NewTask) -> TaskOut:
    """Add a task."""
    return await task_service.create(user.id, body)


@tasks.get("/<id:int>")
@endpoint("todo.read")
async def read_task(user: CurrentUser, id: int) -> TaskOut:
    """Read a task."""
    return await task_service.read(user.id, id)


@tasks.patch("/<id:int>")
@endpoint("todo.write")
async def change_task(user: CurrentUser, id: int, body: TaskChange, if_match: IfMatch) -> TaskOut:
    """Change a task."""
    return await task_service.change(user.id, id, body, if_match)


@tasks.delete("/<id:int>")
@endpoint("todo.write")
async def delete_task(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Delete a task."""
    await task_service.delete(user.id, id, if_match)


@tasks.post("/<id:int>/complete")
@endpoint("todo.write")
async def complete_task(user: CurrentUser, id: int, if_match: IfMatch) -> TaskOut:
    """Mark a task as done."""
    return await task_service.complete(user.id, id, if_match)


@tasks.post("/<id:int>/reopen")
@endpoint("todo.write")
async def reopen_task(user: CurrentUser, id: int, if_match: IfMatch) -> TaskOut:
    """Mark a task as not done."""
    return await task_service.reopen(user.id, id, if_match)
