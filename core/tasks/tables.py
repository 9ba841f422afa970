"""What waits to be done, and when periodic work is next due."""

from __future__ import annotations

from piccolo.columns import Integer, Serial, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.readable import Readable
from piccolo.table import Table

WAITING, RUNNING, DEAD = "waiting", "running", "dead"


class QueuedTask(Table, tablename="tasks_task"):
    """A piece of work. The row goes when it is done; what was given up stays, to be looked at."""

    id: Serial
    name = Varchar(length=150)
    payload = Text(help_text="JSON, or encrypted JSON; empty for a task that takes none.")
    key = Varchar(length=200, null=True, default=None)
    run_at = Timestamptz(help_text="Not before this moment.")
    attempts = SmallInt(default=0)
    state = Varchar(length=10, default=WAITING)
    claimed_by = Varchar(length=80, default="")
    claimed_until = Timestamptz(null=True, default=None)
    last_error = Text(default="")
    created_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None, help_text="When it was given up.")

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a task is shown."""
        return Readable(template="%s", columns=[cls.name])


class Schedule(Table, tablename="tasks_schedule"):
    """A periodic task, and when its next turn begins."""

    id: Serial
    name = Varchar(length=150, unique=True)
    seconds = Integer()
    next_at = Timestamptz()
