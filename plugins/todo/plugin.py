"""Todo: projects and tasks that people keep for themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sanic import Blueprint

from core import Permission, Plugin, hookimpl

from . import demo as demonstration
from . import personal
from .routes import projects, tasks
from .service.projects import welcome

PLUGIN = Plugin(
    name="todo",
    title="Todo",
    description="Projects and tasks.",
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
    return [projects, tasks]


@hookimpl
def register_handlers() -> Mapping[str, Any]:
    return {"auth.user_registered": welcome}


@hookimpl
def register_admin() -> Sequence[Any]:
    from .admin import panels

    return panels()


@hookimpl
async def export_user(user: int) -> Any:
    return await personal.export(user)


@hookimpl
async def delete_user(user: int) -> None:
    await personal.delete(user)


@hookimpl
async def demo(users: Sequence[int]) -> None:
    await demonstration.fill(users)
