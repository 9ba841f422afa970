"""What staff see of todo in the admin."""

from __future__ import annotations

from collections.abc import Sequence

from piccolo_admin.endpoints import TableConfig

from .tables import Project, Task


def panels() -> Sequence[TableConfig]:
    """Return the tables of the admin, with the columns worth seeing."""
    return [
        TableConfig(
            Project,
            visible_columns=[Project.id, Project.owner, Project.name, Project.archived],
            visible_filters=[Project.owner, Project.name, Project.archived],
        ),
        TableConfig(
            Task,
            visible_columns=[
                Task.id,
                Task.owner,
                Task.project,
                Task.title,
                Task.done,
                Task.priority,
            ],
            visible_filters=[Task.owner, Task.project, Task.title, Task.done, Task.priority],
            rich_text_columns=[],
        ),
    ]
