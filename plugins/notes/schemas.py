"""What goes over the wire about notes and tags."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core import Body, PageQuery, Query

from .tables import Note, Revision, Tag

LONGEST_TEXT = 1_000_000

Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Title = Annotated[str, Meta(max_length=500, examples=["Bread"])]
Text = Annotated[str, Meta(max_length=LONGEST_TEXT, description="Markdown.", examples=["*Rye*"])]
TagName = Annotated[str, Meta(min_length=1, max_length=100, examples=["kitchen"])]
TagNames = Annotated[list[TagName], Meta(max_length=50, description="All tags of the note.")]
Base = Annotated[
    int, Meta(ge=1, le=2**31 - 1, description="The version that this change began from.")
]
NoteSort = Literal["-updated_at", "updated_at", "-created_at", "created_at", "title", "-title"]


class NewNote(Body, frozen=True):
    """A note to be added; without a notebook it lies in none."""

    title: Title = ""
    text: Text = ""
    notebook: Id | None = None
    tags: TagNames = []
    pinned: bool = False
    archived: bool = False


class NoteChange(Body, frozen=True):
    """What to change about a note; what is absent stays."""

    pinned: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    notebook: Id | UnsetType | None = UNSET
    tags: TagNames | UnsetType = UNSET
    base_version: Base | UnsetType = UNSET


class WholeNote(Body, frozen=True):
    """A note as it shall be; what is absent is emptied."""

    title: Title = ""
    text: Text = ""
    notebook: Id | None = None
    tags: TagNames = []
    pinned: bool = False
    archived: bool = False
    base_version: Base | UnsetType = UNSET


class NoteFacts(msgspec.Struct, frozen=True):
    """What is known of a note without its text."""

    id: int
    owner: int
    notebook: int | None
    title: str
    pinned: bool
    archived: bool
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class NoteRow(NoteFacts, frozen=True):
    """A note as it is kept."""

    text: str


class NoteOut(NoteRow, frozen=True):
    """A note. ``html`` only when asked for; ``merged``: this change met another one."""

    tags: list[str]
    merged: bool | UnsetType = UNSET
    html: str | UnsetType = UNSET


class ListedRow(NoteFacts, frozen=True):
    """A note of a list, as it is kept, with the beginning of its text."""

    beginning: str


class NoteListed(ListedRow, frozen=True):
    """A note in a list, with the beginning of its text."""

    tags: list[str]


class ReadQuery(Query, frozen=True):
    """How to read a note."""

    render: Annotated[
        Literal["html"] | None, Meta(description="`html`: also the text as safe HTML.")
    ] = None


class NoteQuery(PageQuery, frozen=True):
    """Which notes to list. Without ``archived``, those that are not."""

    table: ClassVar[type[Note]] = Note
    sort: NoteSort = "-updated_at"
    notebook: Id | None = None
    tag: Annotated[str, Meta(min_length=1, max_length=100, description="A tag's name.")] | None = (
        None
    )
    pinned: bool | None = None
    archived: bool = False


class TrashQuery(PageQuery, frozen=True):
    """How to list the trash."""

    table: ClassVar[type[Note]] = Note
    sort: Literal["-updated_at", "updated_at"] = "-updated_at"


class BacklinkQuery(PageQuery, frozen=True):
    """How to list the notes that lead to another."""

    table: ClassVar[type[Note]] = Note
    sort: Literal["-updated_at", "updated_at", "title", "-title"] = "-updated_at"


class NewNoteTag(Body, frozen=True):
    """A tag to be added or renamed."""

    name: TagName


class NoteTagChange(Body, frozen=True):
    """What to change about a tag."""

    name: TagName | UnsetType = UNSET


class NoteTagOut(msgspec.Struct, frozen=True):
    """A tag, and how many notes have it."""

    id: int
    name: str
    notes: int
    created_at: datetime


class NoteTagQuery(PageQuery, frozen=True):
    """How to list tags."""

    table: ClassVar[type[Tag]] = Tag
    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


class NoteRevisionListed(msgspec.Struct, frozen=True):
    """A revision in a list: from ``version`` on, the note was called so."""

    id: int
    version: int
    title: str
    author: int | None
    created_at: datetime


class RevisionRow(msgspec.Struct, frozen=True):
    """A revision as it is kept; ``tags`` as JSON."""

    version: int
    title: str
    tags: str
    author: int | None
    created_at: datetime
    text: str


class NoteRevisionOut(msgspec.Struct, frozen=True):
    """What a note said from ``version`` on."""

    version: int
    title: str
    text: str
    tags: list[str]
    author: int | None
    created_at: datetime


class NoteRevisionQuery(PageQuery, frozen=True):
    """How to list revisions."""

    table: ClassVar[type[Revision]] = Revision
    sort: Literal["-version", "version"] = "-version"


class DiffQuery(Query, frozen=True, rename={"from_": "from"}):
    """Which versions to compare: at first the first one with the newest."""

    from_: Version = 1
    to: Version | None = None


class DiffOut(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """The difference of two versions, as in a unified diff."""

    from_: int
    to: int
    diff: str
