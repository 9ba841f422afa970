"""What goes over the wire, as the contract has it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core import Body

Title = Annotated[str, Meta(min_length=1, max_length=500, examples=["Walk the dog"])]
Order = Annotated[float, Meta(ge=-1e15, le=1e15, examples=[1])]


class NewTodo(Body, frozen=True):
    """A todo to be added."""

    title: Title
    order: Order | None = None
    completed: bool = False


class TodoChange(Body, frozen=True):
    """What to change about a todo; what is absent stays."""

    title: Title | UnsetType = UNSET
    order: Order | UnsetType | None = UNSET
    completed: bool | UnsetType = UNSET


class Row(msgspec.Struct, frozen=True):
    """A todo as it is kept."""

    id: int
    title: str
    completed: bool
    position: float | None


class TodoOut(msgspec.Struct, frozen=True):
    """A todo, and where it is found."""

    title: str
    completed: bool
    order: float | int | None
    url: str

    @property
    def location(self) -> str:
        """Return what the header Location says of a new one."""
        return self.url
