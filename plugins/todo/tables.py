"""What todo keeps."""

from __future__ import annotations

from piccolo.columns import (
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.readable import Readable
from piccolo.table import Table

from core import User


class Project(Table, tablename="todo_project"):
    """A list of tasks. Everybody has one that is their inbox."""

    id: Serial
    owner = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    name = Varchar(length=200)
    colour = Varchar(length=7, default="")
    archived = Boolean(default=False)
    inbox = Boolean(default=False)
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a project is shown."""
        return Readable(template="%s (%s)", columns=[cls.name, cls.owner.username])


class Task(Table, tablename="todo_task"):
    """Something to be done."""

    id: Serial
    owner = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    project = ForeignKey(Project, on_delete=OnDelete.cascade, null=False, index=True)
    title = Varchar(length=500)
    description = Text(default="")
    done = Boolean(default=False)
    completed_at = Timestamptz(null=True, default=None)
    priority = SmallInt(default=0, help_text="0 (none) to 4 (urgent).")
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a task is shown."""
        return Readable(template="%s", columns=[cls.title])
