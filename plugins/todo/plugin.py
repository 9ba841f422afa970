"""Todo: projects and tasks that people keep for themselves, or share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sanic import Blueprint, Sanic

from core import CurrentUser, Hit, Permission, Plugin, Task, hookimpl

from . import demo as demonstration
from . import finding, telling, work
from . import personal as accounts
from .routes.details import details
from .routes.personal import personal
from .routes.projects import projects
from .routes.tasks import tasks
from .service.projects import welcome
from .settings import TodoSettings

PLUGIN = Plugin(
    name="todo",
    title="Todo",
    description="Projects and tasks, alone or with others.",
    settings=TodoSettings,
)


@hookimpl
def register_tables() -> str:
    return "plugins.todo.piccolo_app"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [
        Permission("todo.read", "Read my projects and tasks"),
        Permission("todo.write", "Add, change and delete my projects and tasks"),
    ]


@hookimpl
def register_routes() -> Sequence[Blueprint]:
    return [projects, tasks, details, personal]


@hookimpl
def register_handlers() -> Mapping[str, Any]:
    return {"auth.user_registered": welcome, **telling.handlers()}


@hookimpl
def register_channels() -> Mapping[str, Any]:
    return {
        "todo.project": telling.may_follow_project,
        "todo.user": telling.may_follow_user,
    }


@hookimpl
def register_tasks(settings: TodoSettings) -> Sequence[Task]:
    return work.tasks(settings)


@hookimpl
@asynccontextmanager
async def lifespan(app: Sanic[Any, Any], settings: TodoSettings) -> AsyncIterator[None]:
    async with telling.telling():
        yield


@hookimpl
def register_admin() -> Sequence[Any]:
    from .admin import panels

    return panels()


@hookimpl
async def search(user: CurrentUser, query: str, limit: int) -> Sequence[Hit]:
    return await finding.search(user, query, limit)


@hookimpl
async def export_user(user: int) -> Any:
    return await accounts.export(user)


@hookimpl
async def delete_user(user: int) -> None:
    await accounts.delete(user)


@hookimpl
async def demo(users: Sequence[int]) -> None:
    await demonstration.fill(users)
