"""The endpoints at /compat/todos, open to pages of every site."""

from __future__ import annotations

from sanic import Request

from core import PublicBlueprint, endpoint, origin_of

from . import service
from .schemas import NewTodo, Row, TodoChange, TodoOut
from .settings import TodoBackendSettings

ROOT = "/compat/todos"
todos = PublicBlueprint("todo_backend", url_prefix=ROOT)


@todos.get("/")
@endpoint(None, cors="*")
async def list_todos(request: Request, settings: TodoBackendSettings) -> list[TodoOut]:
    """List every todo."""
    return [shown(request, todo) for todo in await service.every(settings.longest_list)]


@todos.post("/")
@endpoint(None, cors="*", status=201)
async def create_todo(request: Request, body: NewTodo, settings: TodoBackendSettings) -> TodoOut:
    """Add a todo."""
    return shown(request, await service.create(body, settings.longest_list))


@todos.delete("/")
@endpoint(None, cors="*")
async def clear_todos() -> None:
    """Delete every todo."""
    await service.clear()


@todos.get("/<id:int>")
@endpoint(None, cors="*")
async def read_todo(request: Request, id: int) -> TodoOut:
    """Read a todo."""
    return shown(request, await service.read(id))


@todos.patch("/<id:int>")
@endpoint(None, cors="*")
async def change_todo(request: Request, id: int, body: TodoChange) -> TodoOut:
    """Change a todo."""
    return shown(request, await service.change(id, body))


@todos.delete("/<id:int>")
@endpoint(None, cors="*")
async def delete_todo(id: int) -> None:
    """Delete a todo."""
    await service.delete(id)


def shown(request: Request, todo: Row) -> TodoOut:
    """Return a todo with its address, as the one who asks can reach it."""
    order = todo.position
    whole = order is not None and order == int(order)
    url = f"{origin_of(request)}{ROOT}/{todo.id}"
    return TodoOut(todo.title, todo.completed, int(order) if whole else order, url)
