"""Tasks: work away from requests. Always on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sanic import Blueprint

from core.plugins import Permission, Plugin, hookimpl
from core.tasks.routes import tasks
from core.tasks.settings import TasksSettings
from core.tasks.task import Task
from core.tasks.upkeep import forget_dead

PLUGIN = Plugin(
    name="tasks",
    title="Tasks",
    description="Work away from requests: what waits, what was given up.",
    requires=["core", "auth"],
    settings=TasksSettings,
)


@hookimpl
def register_tables() -> str:
    return "core.tasks.piccolo_app"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [Permission("tasks.manage", "See tasks, try them again, delete them", roles=())]


@hookimpl
def register_routes() -> Blueprint:
    return tasks


@hookimpl
def register_tasks(settings: TasksSettings) -> Sequence[Task]:
    async def tidy() -> None:
        await forget_dead(settings.dead_days)

    return [Task(name="tasks.tidy", run=tidy, every="1h")]


@hookimpl
def register_admin() -> Sequence[Any]:
    from core.tasks.admin import panels

    return panels()
