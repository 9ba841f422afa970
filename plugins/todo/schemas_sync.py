"""What goes over the wire about many things at once: bulk changes, undo, the delta sync."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core import Body, Query

from .schemas import (
    Description,
    Due,
    DueOut,
    Id,
    Priority,
    ProjectOut,
    Recurrence,
    RecurrenceOut,
    TaskOut,
    Title,
    Words,
)
from .schemas_more import CommentOut, LabelOut, ReminderOut

TempId = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Uuid = Annotated[
    str,
    Meta(
        pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        min_length=36,
        max_length=36,
        examples=["0b54a1f0-6f0e-4b4c-9a61-3f1d6a8f3c55"],
    ),
]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]
CommandType = Literal[
    "project_add",
    "project_update",
    "project_move",
    "project_delete",
    "project_restore",
    "task_add",
    "task_update",
    "task_move",
    "task_complete",
    "task_reopen",
    "task_delete",
    "task_restore",
    "comment_add",
    "comment_update",
    "comment_delete",
    "label_add",
    "label_update",
    "label_delete",
    "reminder_add",
    "reminder_delete",
]


class UndoIn(Body, frozen=True):
    """The header ``Undo`` of the answer that is to be undone."""

    token: Annotated[str, Meta(min_length=1, max_length=20_000)]


class UndoOut(msgspec.Struct, frozen=True):
    """How many rows were put back."""

    undone: int


class BulkItem(Body, frozen=True):
    """One change of a bulk: to a task that is at ``version``, if that is given."""

    id: Id
    action: Literal["update", "complete", "reopen", "delete"] = "update"
    version: Version | None = None
    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    project: Id | UnsetType = UNSET
    parent: Id | UnsetType | None = UNSET
    labels: Words | UnsetType = UNSET
    due: Due | UnsetType | None = UNSET
    recurrence: Recurrence | UnsetType | None = UNSET


class BulkIn(Body, frozen=True):
    """Changes that are made all or none."""

    tasks: Annotated[list[BulkItem], Meta(min_length=1, max_length=100)]


class BulkOut(msgspec.Struct, frozen=True):
    """The tasks after the change, in the order asked for; null for one that was deleted."""

    tasks: list[TaskOut | None]


class Command(Body, frozen=True):
    """Something to be done once, however often it is sent.

    ``args`` are the fields of the same request elsewhere, with ``id`` (or ``task``) in place of the
    path and ``version`` in place of If-Match. Ids may be ``temp_id``s of commands before.
    """

    uuid: Uuid
    type: CommandType
    temp_id: TempId | None = None
    args: dict[str, Any] = {}


class SyncIn(Body, frozen=True):
    """What I know already, and what I want done."""

    since: Annotated[str, Meta(max_length=20_000, description="`cursor` of last time.")] | None = (
        None
    )
    limit: Annotated[int, Meta(ge=1, le=500, description="How many things at most.")] = 200
    commands: Annotated[list[Command], Meta(max_length=100)] = []


class CommandOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a command."""

    status: Literal["ok", "error"]
    id: int | None = None
    version: int | None = None
    code: str | None = None
    detail: str | None = None


class Gone(msgspec.Struct):
    """Ids of what is not there any more, or not for me."""

    projects: list[int]
    tasks: list[int]
    comments: list[int]
    labels: list[int]
    reminders: list[int]


class SyncOut(msgspec.Struct, frozen=True):
    """What changed. ``full``: forget what is not among it. ``more``: ask again at once."""

    cursor: str
    more: bool
    full: bool
    projects: list[ProjectOut]
    tasks: list[TaskOut]
    comments: list[CommentOut]
    labels: list[LabelOut]
    reminders: list[ReminderOut]
    gone: Gone
    commands: dict[str, CommandOut]
    ids: dict[str, int]


class QuickIn(Body, frozen=True):
    """A line as people write it."""

    text: Annotated[
        str,
        Meta(min_length=1, max_length=500, examples=["pay rent every month at 9:00 #home !1"]),
    ]
    tz: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class QuickQuery(Query, frozen=True):
    """How to read a line."""

    dry_run: Annotated[bool, Meta(description="Only show what was understood.")] = False


class Understood(msgspec.Struct, frozen=True):
    """A part of the line, and what it was taken for."""

    text: str
    meaning: str


class QuickOut(msgspec.Struct, frozen=True):
    """The task that was added, null for a dry run, and how the line was read."""

    task: TaskOut | None
    title: str
    project: str | None
    labels: list[str]
    priority: int
    due: DueOut | None
    recurrence: RecurrenceOut | None
    understood: list[Understood]
