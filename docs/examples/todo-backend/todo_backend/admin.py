"""What staff see in the admin."""

from __future__ import annotations

from collections.abc import Sequence

from piccolo_admin.endpoints import TableConfig

from .tables import Todo


def panels() -> Sequence[TableConfig]:
    """Return the table of the admin."""
    return [TableConfig(Todo, visible_filters=[Todo.title, Todo.completed])]
