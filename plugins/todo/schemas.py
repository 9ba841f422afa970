"""What goes over the wire about projects and tasks."""

from __future__ import annotations

import datetime as calendar
from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core import Body, PageQuery, Query

from .tables import Project, Task

Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["House"])]
Colour = Annotated[
    str, Meta(pattern="^(#[0-9a-fA-F]{6})?$", max_length=7, description="`#rrggbb`, or empty.")
]
Title = Annotated[str, Meta(min_length=1, max_length=500, examples=["Buy milk"])]
Description = Annotated[str, Meta(max_length=50_000, description="Markdown.")]
Priority = Annotated[int, Meta(ge=0, le=4, description="0 (none) to 4 (urgent).")]
Text = Annotated[
    str, Meta(min_length=1, max_length=200, description="Text in the title or description.")
]
Word = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=50,
        # Every blank by name: \s is not the same to Python as to JSON Schema.
        pattern=r"^[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f"
        r"\u3000\ufeff,#]+$",
        examples=["errand"],
    ),
]
Words = Annotated[list[Word], Meta(max_length=20, description="Labels: words.")]
Zone = Annotated[str, Meta(min_length=1, max_length=64, examples=["Europe/Berlin"])]
Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["09:00"])]
Rule = Annotated[
    str, Meta(min_length=1, max_length=200, description="RFC 5545.", examples=["FREQ=DAILY"])
]
Basis = Literal["due", "completion"]
Role = Literal["owner", "editor", "viewer"]
Window = Literal["today", "overdue", "week", "none"]
ProjectSort = Literal[
    "name", "-name", "created_at", "-created_at", "updated_at", "-updated_at", "order", "-order"
]
TaskSort = Literal[
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "priority",
    "-priority",
    "title",
    "-title",
    "due",
    "-due",
    "order",
    "-order",
]


class NewProject(Body, frozen=True):
    """A project to be added."""

    name: Name
    colour: Colour = ""


class ProjectChange(Body, frozen=True):
    """What to change about a project; what is absent stays."""

    name: Name | UnsetType = UNSET
    colour: Colour | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class ProjectOut(msgspec.Struct, frozen=True):
    """A project, and what I am in it."""

    id: int
    name: str
    colour: str
    archived: bool
    inbox: bool
    order: str
    role: Role
    created_at: datetime
    updated_at: datetime
    version: int


class ProjectQuery(PageQuery, frozen=True):
    """Which projects to list."""

    table: ClassVar[type[Project]] = Project
    sort: ProjectSort = "created_at"
    archived: bool | None = None


class Due(Body, frozen=True):
    """When something is to be done: on a day, at a time wherever one is, or at a time in a zone."""

    date: Annotated[calendar.date, Meta(examples=["2030-01-31"])]
    time: Clock | None = None
    tz: Zone | None = None


class DueOut(msgspec.Struct, frozen=True):
    """When something is to be done. Without ``time`` all day; without ``tz`` wherever one is."""

    date: str
    time: str | None
    tz: str | None


class Recurrence(Body, frozen=True):
    """How a task comes again. ``from``: counted from when it was due, or from when it was done."""

    rule: Rule
    basis: Basis = msgspec.field(default="due", name="from")


class RecurrenceOut(msgspec.Struct, frozen=True):
    """How a task comes again."""

    rule: str
    basis: str = msgspec.field(name="from")


class NewTask(Body, frozen=True):
    """A task to be added; without a project it goes to the inbox, or to where its parent is."""

    title: Title
    description: Description = ""
    priority: Priority = 0
    project: Id | None = None
    parent: Id | None = None
    labels: Words = []
    due: Due | None = None
    recurrence: Recurrence | None = None


class TaskChange(Body, frozen=True):
    """What to change about a task; what is absent stays."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    project: Id | UnsetType = UNSET
    parent: Id | UnsetType | None = UNSET
    labels: Words | UnsetType = UNSET
    due: Due | UnsetType | None = UNSET
    recurrence: Recurrence | UnsetType | None = UNSET


class TaskOut(msgspec.Struct, frozen=True):
    """A task."""

    id: int
    project: int
    parent: int | None
    title: str
    description: str
    done: bool
    completed_at: datetime | None
    priority: int
    labels: list[str]
    due: DueOut | None
    recurrence: RecurrenceOut | None
    order: str
    created_at: datetime
    updated_at: datetime
    version: int


class TaskQuery(PageQuery, frozen=True):
    """Which tasks to list. Those of archived projects only with ``project``."""

    table: ClassVar[type[Task]] = Task
    sort: TaskSort = "-created_at"
    project: Id | None = None
    parent: Id | None = None
    done: bool | None = None
    priority: Priority | None = None
    label: Word | None = None
    due: (
        Annotated[
            Window,
            Meta(description="`week`: today and six days more; `overdue`: what is open only."),
        ]
        | None
    ) = None
    tz: Annotated[Zone, Meta(description="The zone of `due`; mine if absent.")] | None = None
    q: Text | None = None


class TrashQuery(PageQuery, frozen=True):
    """What of the trash to list."""

    table: ClassVar[type[Task]] = Task
    sort: Literal["trashed_at", "-trashed_at"] = "-trashed_at"


class TrashedProjectOut(msgspec.Struct, frozen=True):
    """A project in the trash. Its tasks are there too, and come back with it."""

    id: int
    name: str
    trashed_at: datetime
    version: int


class TrashedOut(msgspec.Struct, frozen=True):
    """A task in the trash."""

    id: int
    project: int
    title: str
    trashed_at: datetime
    version: int


class Move(Body, frozen=True):
    """Where a task goes: behind or before another one, or to the end of a project."""

    project: Id | None = None
    after: Id | None = None
    before: Id | None = None


class ProjectMove(Body, frozen=True):
    """Where a project goes among mine: behind or before another one, else to the end."""

    after: Id | None = None
    before: Id | None = None


class Completing(Query, frozen=True):
    """How to complete a task."""

    children: Annotated[bool, Meta(description="Whether open sub-tasks are completed too.")] = False
