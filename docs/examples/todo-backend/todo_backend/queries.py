"""The queries, each built once."""

from __future__ import annotations

from typing import Any

from piccolo.columns.combination import WhereRaw

from core import columns, compiled, compiled_new, compiled_one, limited

from .schemas import Row
from .tables import Todo

KEPT = 'id NOT IN (SELECT id FROM "todo_backend_todo" ORDER BY id DESC LIMIT {})'


@compiled(Row)
def every(limit: int) -> Any:
    """Return the whole list."""
    return limited(Todo.select(*columns(Todo, Row)).order_by(Todo.id), limit)


@compiled_one(Row)
def find(id: int) -> Any:
    """Return one todo."""
    return Todo.select(*columns(Todo, Row)).where(Todo.id == id)


@compiled_new(Row)
def add(title: str, completed: bool, position: float | None) -> Any:
    """Add a todo."""
    todo = Todo(title=title, completed=completed, position=position)
    return Todo.insert(todo).returning(*columns(Todo, Row))


@compiled(int)
def trim(longest: int) -> Any:
    """Delete the oldest todos behind the newest ``longest``."""
    return Todo.delete().where(WhereRaw(KEPT, longest)).returning(Todo.id)


@compiled_one(Row)
def change(id: int, *values: Any, changes: tuple[str, ...]) -> Any:
    """Change the columns in ``changes`` to the values."""
    new: dict[Any, Any] = dict(zip(changes, values, strict=True))
    return Todo.update(new).where(Todo.id == id).returning(*columns(Todo, Row))


@compiled(int)
def delete(id: int) -> Any:
    """Delete one todo."""
    return Todo.delete().where(Todo.id == id).returning(Todo.id)


@compiled(int)
def clear() -> Any:
    """Delete them all."""
    return Todo.delete(force=True).returning(Todo.id)
