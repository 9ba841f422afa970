"""What may be done with the list. Knows nothing of HTTP."""

from __future__ import annotations

from msgspec import UNSET

from core import NotFound, transaction

from . import queries
from .schemas import NewTodo, Row, TodoChange

COLUMNS = {"title": "title", "order": "position", "completed": "completed"}


async def every(longest: int) -> list[Row]:
    """Return the whole list, at most ``longest`` todos."""
    return await queries.every(longest)


async def create(new: NewTodo, longest: int) -> Row:
    """Add a todo; the oldest make room for it."""
    async with transaction():
        todo = await queries.add(new.title, new.completed, new.order)
        await queries.trim(longest)
    return todo


async def read(id: int) -> Row:
    """Return a todo. Raises NotFound."""
    todo = await queries.find(id)
    if todo is None:
        raise NotFound(f"There is no todo {id}.")
    return todo


async def change(id: int, body: TodoChange) -> Row:
    """Change a todo. Raises NotFound."""
    given = {column: getattr(body, field) for field, column in COLUMNS.items()}
    new = {column: value for column, value in given.items() if value is not UNSET}
    if not new:
        return await read(id)
    return await queries.change(id, *new.values(), changes=tuple(new)) or await read(id)


async def delete(id: int) -> None:
    """Delete a todo, if it is there."""
    await queries.delete(id)


async def clear() -> None:
    """Delete the whole list."""
    await queries.clear()
