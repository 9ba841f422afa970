"""The Todo-Backend contract (https://todobackend.com): a public list that anybody may change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sanic import Blueprint

from core import Plugin, hookimpl

from .routes import todos
from .settings import TodoBackendSettings

PLUGIN = Plugin(
    name="todo_backend",
    title="Todo-Backend",
    description="A public todo list without accounts, at /compat/todos.",
    settings=TodoBackendSettings,
)


@hookimpl
def register_tables() -> str:
    return "todo_backend.piccolo_app"


@hookimpl
def register_routes() -> Blueprint:
    return todos


@hookimpl
def register_admin() -> Sequence[Any]:
    from .admin import panels

    return panels()
