"""What goes over the wire about projects and tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core import Body, PageQuery

from .tables import Project, Task

Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["House"])]
Colour = Annotated[
    str, Meta(pattern="^(#[0-9a-fA-F]{6})?$", max_length=7, description="`#rrggbb`, or empty.")
]
Title = Annotated[str, Meta(min_length=1, max_length=500, examples=["Buy milk"])]
Description = Annotated[str, Meta(max_length=50_000, description="Markdown.")]
Priority = Annotated[int, Meta(ge=0, le=4, description="0 (none) to 4 (urgent).")]
Text = Annotated[str, Meta(min_length=1, max_length=200, description="Text in the title.")]
ProjectSort = Literal["name", "-name", "created_at", "-created_at"]
TaskSort = Literal[
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "priority",
    "-priority",
    "title",
    "-title",
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
    """A project."""

    id: int
    name: str
    colour: str
    archived: bool
    inbox: bool
    created_at: datetime
    updated_at: datetime
    version: int


class ProjectQuery(PageQuery, frozen=True):
    """Which projects to list."""

    table: ClassVar[type[Project]] = Project
    sort: ProjectSort = "created_at"
    archived: bool | None = None


class NewTask(Body, frozen=True):
    """A task to be added; without a project it goes to the inbox."""

    title: Title
    description: Description = ""
    priority: Priority = 0
    project: Id | None = None


class TaskChange(Body, frozen=True):
    """What to change about a task; what is absent stays."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    project: Id | UnsetType = UNSET


class TaskOut(msgspec.Struct, frozen=True):
    """A task."""

    id: int
    project: int
    title: str
    description: str
    done: bool
    completed_at: datetime | None
    priority: int
    created_at: datetime
    updated_at: datetime
    version: int


class TaskQuery(PageQuery, frozen=True):
    """Which tasks to list."""

    table: ClassVar[type[Task]] = Task
    sort: TaskSort = "-created_at"
    project: Id | None = None
    done: bool | None = None
    priority: Priority | None = None
    q: (
        Annotated[str, Meta(min_length=1, max_length=200, description="Text in the title.")] | None
    ) = None
