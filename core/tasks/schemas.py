"""What goes over the wire about tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from core.db.pagination import PageQuery
from core.tasks.tables import QueuedTask

State = Annotated[
    Literal["waiting", "running", "dead"], Meta(description="`dead`: it was given up.")
]
Name = Annotated[str, Meta(min_length=1, max_length=150, examples=["core.mail"])]


class QueuedTaskOut(msgspec.Struct, frozen=True):
    """A task. What it was given is not shown: it may be private."""

    id: int
    name: str
    key: str | None
    state: str
    attempts: int
    run_at: datetime
    last_error: str
    created_at: datetime
    ended_at: datetime | None


class QueuedTaskQuery(PageQuery, frozen=True):
    """Which tasks to list."""

    table: ClassVar[type[QueuedTask]] = QueuedTask
    sort: Literal["created_at", "-created_at"] = "-created_at"
    state: State | None = None
    name: Name | None = None
