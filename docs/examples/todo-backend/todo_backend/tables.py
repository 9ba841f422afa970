"""What is kept in the database."""

from __future__ import annotations

from piccolo.columns import Boolean, DoublePrecision, Serial, Varchar
from piccolo.columns.readable import Readable
from piccolo.table import Table


class Todo(Table, tablename="todo_backend_todo"):
    """Something that anybody wants done."""

    id: Serial
    title = Varchar(length=500)
    completed = Boolean(default=False)
    position = DoublePrecision(null=True, default=None)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a todo is shown in the admin."""
        return Readable(template="%s", columns=[cls.title])
