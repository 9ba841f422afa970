"""What goes over the wire about what hangs on projects and tasks, and about somebody's own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core import Body, PageQuery, Query

from .schemas import Clock, Colour, Word, Zone

Moment = Annotated[datetime, Meta(tz=True, examples=["2030-01-31T09:00:00Z"])]
Remark = Annotated[str, Meta(min_length=1, max_length=10_000, description="Markdown.")]
MemberRole = Literal["editor", "viewer"]


class NewMember(Body, frozen=True):
    """Somebody to share a project with."""

    username: Annotated[str, Meta(min_length=1, max_length=254)]
    role: MemberRole = "editor"


class MemberChange(Body, frozen=True):
    """What a member may do from now on."""

    role: MemberRole | UnsetType = UNSET


class MemberOut(msgspec.Struct, frozen=True):
    """Somebody a project is shared with."""

    id: int
    user: int
    username: str
    role: str
    created_at: datetime
    version: int


class MemberQuery(PageQuery, frozen=True):
    """Which members to list."""

    sort: Literal["created_at", "-created_at"] = "created_at"


class NewComment(Body, frozen=True):
    """A comment to be added."""

    text: Remark


class CommentChange(Body, frozen=True):
    """What to change about a comment."""

    text: Remark | UnsetType = UNSET


class CommentOut(msgspec.Struct, frozen=True):
    """A comment. ``author`` is null when their account is gone."""

    id: int
    task: int
    author: int | None
    text: str
    created_at: datetime
    updated_at: datetime
    version: int


class CommentQuery(PageQuery, frozen=True):
    """Which comments to list."""

    sort: Literal["created_at", "-created_at"] = "created_at"


class CompletionOut(msgspec.Struct, frozen=True):
    """A task was done once; ``due`` is the occurrence, as a day or a local time."""

    id: int
    task: int
    person: int | None
    due: str | None
    completed_at: datetime


class CompletionQuery(PageQuery, frozen=True):
    """Which completions to list."""

    sort: Literal["completed_at", "-completed_at"] = "-completed_at"


class StreakOut(msgspec.Struct, frozen=True):
    """How often a task was done, and on how many days in a row of its rule without a gap."""

    completions: int
    current: int
    longest: int


class NewLabel(Body, frozen=True):
    """A label to be added."""

    name: Word
    colour: Colour = ""


class LabelChange(Body, frozen=True):
    """What to change about a label. Another name goes onto all my tasks that carry it."""

    name: Word | UnsetType = UNSET
    colour: Colour | UnsetType = UNSET


class LabelOut(msgspec.Struct, frozen=True):
    """A label."""

    id: int
    name: str
    colour: str
    created_at: datetime
    updated_at: datetime
    version: int


class LabelQuery(PageQuery, frozen=True):
    """Which labels to list."""

    sort: Literal["name", "-name"] = "name"


class NewReminder(Body, frozen=True):
    """A reminder to be added: ``at`` a moment, or ``before`` so many minutes before it is due."""

    at: Moment | None = None
    before: (
        Annotated[int, Meta(ge=0, le=40_320, description="Minutes, four weeks at most.")] | None
    ) = None


class ReminderOut(msgspec.Struct, frozen=True):
    """A reminder. ``fire_at`` is null when it waits for nothing."""

    id: int
    task: int
    at: datetime | None
    before: int | None
    fire_at: datetime | None
    fired_at: datetime | None
    created_at: datetime
    version: int


class ReminderQuery(PageQuery, frozen=True):
    """Which of my reminders of a task to list."""

    sort: Literal["created_at", "-created_at"] = "created_at"


class PreferencesOut(msgspec.Struct, frozen=True):
    """Where I live, and when an all-day task is told of."""

    tz: str
    morning: str
    version: int


class PreferencesChange(Body, frozen=True):
    """What to change about my preferences."""

    tz: Zone | UnsetType = UNSET
    morning: Clock | UnsetType = UNSET


class FeedOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether there is a calendar feed. Its address is told once, when it is made."""

    active: bool
    created_at: datetime | None = None
    url: str | None = None


class FeedQuery(Query, frozen=True):
    """The secret of a calendar feed."""

    token: Annotated[str, Meta(min_length=1, max_length=100)]
