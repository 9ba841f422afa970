"""What goes over the wire when a client and the server exchange what changed."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core import Body, Query

from .problems import NoteSide
from .schemas import Base, Id, NoteOut, TagNames, Text, Title

Uuid = Annotated[
    str,
    Meta(
        pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        max_length=36,
        examples=["5f0c5e0e-6b0a-4c2e-9d5c-0c6f5a8f7b11"],
    ),
]


class SyncQuery(Query, frozen=True):
    """From where on; without ``since``, everything."""

    since: (
        Annotated[str, Meta(max_length=60, description="`next` of the answer before; opaque.")]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=100, description="How many notes at most.")] = 100


class SyncedNote(msgspec.Struct, frozen=True):
    """A note that changed; ``note`` is null when it is gone, or may not be seen any more."""

    id: int
    note: NoteOut | None


class SyncOut(msgspec.Struct, frozen=True):
    """What changed. Ask again with ``next``; at once if there is ``more``."""

    items: list[SyncedNote]
    next: str
    more: bool


class ClientChange(Body, frozen=True):
    """A change that a client made. Without ``id`` it is a new note. It is applied once."""

    uuid: Uuid
    id: Id | None = None
    base_version: Base | None = None
    delete: bool = False
    title: Title | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    notebook: Id | UnsetType | None = UNSET
    tags: TagNames | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class ClientChanges(Body, frozen=True):
    """What a client changed, in its order."""

    changes: Annotated[list[ClientChange], Meta(max_length=100)]


class ChangeOutcome(msgspec.Struct, frozen=True):
    """A change that was applied; ``note`` as it is now, null if it may not be seen any more."""

    uuid: str
    id: int
    note: NoteOut | None


class Conflicting(msgspec.Struct, frozen=True):
    """A change that touches lines which somebody else changed. Merge and send it anew."""

    uuid: str
    id: int
    version: int
    base: NoteSide
    theirs: NoteSide
    yours: NoteSide


class ChangeRefused(msgspec.Struct, frozen=True):
    """A change that cannot be applied, and why."""

    uuid: str
    code: str
    detail: str


class SyncResult(msgspec.Struct, frozen=True):
    """What became of a client's changes."""

    applied: list[ChangeOutcome]
    merged: list[ChangeOutcome]
    conflicts: list[Conflicting]
    refused: list[ChangeRefused]
