"""What todo keeps. Every row of what people share counts its changes as ``version``.

Triggers of the database (see the migration ``todo_…_changes``) write each change of these tables
into ``Change``, whoever makes it; undo and the delta sync read it there.
"""

from __future__ import annotations

from typing import Any

from piccolo.columns import (
    BigInt,
    BigSerial,
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

CHANGED_BY = "Who changed this last."


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
    order = Varchar(length=100, default="", help_text="Where it stands among the others.")
    trashed_at = Timestamptz(null=True, default=None)
    changed_by = Integer(null=True, default=None, help_text=CHANGED_BY)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a project is shown."""
        return Readable(template="%s (%s)", columns=[cls.name, cls.owner.username])


class Member(Table, tablename="todo_member"):
    """Somebody who may see a project of somebody else, or change what is in it."""

    id: Serial
    project = ForeignKey(Project, on_delete=OnDelete.cascade, null=False)
    person = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    role = Varchar(length=10, help_text="viewer or editor.")
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    changed_by = Integer(null=True, default=None, help_text=CHANGED_BY)


class Task(Table, tablename="todo_task"):
    """Something to be done. ``owner`` is always the owner of its project."""

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
    parent: Any = ForeignKey("self", on_delete=OnDelete.cascade, null=True, default=None)
    labels = Text(default="", help_text="Words, with a space around each.")
    order = Varchar(length=100, default="", help_text="Where it stands in its project.")
    due = Varchar(
        length=16, null=True, default=None, help_text="2030-01-31, or 2030-01-31T09:00 local time."
    )
    due_tz = Varchar(length=64, null=True, default=None, help_text="Empty: wherever one is.")
    due_at = Timestamptz(null=True, default=None, help_text="The moment, where there is a zone.")
    rule = Varchar(length=250, null=True, default=None, help_text="RFC 5545, as in FREQ=DAILY.")
    rule_from = Varchar(length=10, null=True, default=None, help_text="due or completion.")
    trashed_at = Timestamptz(null=True, default=None)
    changed_by = Integer(null=True, default=None, help_text=CHANGED_BY)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a task is shown."""
        return Readable(template="%s", columns=[cls.title])


class Completion(Table, tablename="todo_completion"):
    """A task was done once; a task that repeats has many."""

    id: Serial
    task = ForeignKey(Task, on_delete=OnDelete.cascade, null=False)
    person = ForeignKey(User, on_delete=OnDelete.set_null, null=True, default=None)
    due = Varchar(length=16, null=True, default=None, help_text="The occurrence that was done.")
    completed_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    changed_by = Integer(null=True, default=None, help_text=CHANGED_BY)


class Comment(Table, tablename="todo_comment"):
    """What somebody wrote about a task."""

    id: Serial
    task = ForeignKey(Task, on_delete=OnDelete.cascade, null=False)
    author = ForeignKey(User, on_delete=OnDelete.set_null, null=True, default=None)
    text = Text()
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    changed_by = Integer(null=True, default=None, help_text=CHANGED_BY)


class Label(Table, tablename="todo_label"):
    """A word that somebody puts on tasks, with a colour of theirs."""

    id: Serial
    owner = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    name = Varchar(length=50)
    colour = Varchar(length=7, default="")
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    changed_by = Integer(null=True, default=None, help_text=CHANGED_BY)

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a label is shown."""
        return Readable(template="%s", columns=[cls.name])


class Reminder(Table, tablename="todo_reminder"):
    """When somebody wants to be told of a task: at a moment, or some minutes before it is due."""

    id: Serial
    task = ForeignKey(Task, on_delete=OnDelete.cascade, null=False)
    person = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    at = Timestamptz(null=True, default=None)
    before = Integer(null=True, default=None, help_text="Minutes before the task is due.")
    fire_at = Timestamptz(null=True, default=None, help_text="When it is to be told next.")
    fired_at = Timestamptz(null=True, default=None, help_text="When it was told last.")
    created_at = Timestamptz()
    updated_at = Timestamptz()
    version = Integer(default=1)
    changed_by = Integer(null=True, default=None, help_text=CHANGED_BY)


class Preference(Table, tablename="todo_preference"):
    """Where somebody lives, and when their days begin."""

    id: Serial
    person = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    tz = Varchar(length=64, default="UTC")
    morning = Varchar(length=5, default="09:00", help_text="When an all-day task is told of.")
    updated_at = Timestamptz()
    version = Integer(default=1)


class Feed(Table, tablename="todo_feed"):
    """A secret address where a calendar reads somebody's due tasks. Only its hash is kept."""

    id: Serial
    person = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    digest = Varchar(length=64, unique=True, secret=True)
    created_at = Timestamptz()


class Command(Table, tablename="todo_command"):
    """A command of the delta sync that was carried out; it is never carried out again."""

    id: Serial
    person = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    uuid = Varchar(length=36)
    temp_id = Varchar(length=64, null=True, default=None, help_text="The client's own name for it.")
    thing = Integer(null=True, default=None, help_text="The id it got here.")
    status = Text(default="", help_text="The answer, as JSON.")
    created_at = Timestamptz(index=True)


class Change(Table, tablename="todo_change"):
    """One row was added, changed or deleted. Written by triggers only.

    ``scope`` is the project it belongs to; for what is somebody's own, their id below zero.
    ``moment`` is the transaction on PostgreSQL, where ids become visible out of order; else 0.
    """

    id: BigSerial
    scope = BigInt()
    kind = Varchar(length=10)
    thing = Integer()
    version = Integer(help_text="Of the row after the change; one more than its last when deleted.")
    person = Integer(null=True, default=None)
    before = Text(null=True, default=None, help_text="The row before, as JSON; kept for undo.")
    at = Timestamptz()
    moment = BigInt(default=0)
