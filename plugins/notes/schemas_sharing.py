"""What goes over the wire about notebooks, their members, and shares by link."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core import Body, PageQuery

from .schemas import Id
from .tables import Member, Notebook, Share

Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["Recipes"])]
Role = Literal["viewer", "editor"]
Password = Annotated[str, Meta(min_length=4, max_length=200, examples=["rye and salt"])]


class NewNotebook(Body, frozen=True):
    """A notebook to be added; without a parent it lies in none."""

    name: Name
    parent: Id | None = None


class NotebookChange(Body, frozen=True):
    """What to change about a notebook; what is absent stays."""

    name: Name | UnsetType = UNSET
    parent: Id | UnsetType | None = UNSET


class NotebookOut(msgspec.Struct, frozen=True):
    """A notebook."""

    id: int
    owner: int
    parent: int | None
    name: str
    created_at: datetime
    updated_at: datetime
    version: int


class NotebookQuery(PageQuery, frozen=True):
    """Which notebooks to list."""

    table: ClassVar[type[Notebook]] = Notebook
    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


class NewNotebookMember(Body, frozen=True):
    """Somebody with whom to share a notebook."""

    username: Annotated[str, Meta(min_length=1, max_length=254, examples=["grace"])]
    role: Role = "viewer"


class NotebookMemberChange(Body, frozen=True):
    """What a member may do from now on."""

    role: Role | UnsetType = UNSET


class NotebookMemberOut(msgspec.Struct, frozen=True):
    """Somebody with whom a notebook is shared."""

    id: int
    user: int
    username: str
    role: str
    created_at: datetime


class NotebookMemberQuery(PageQuery, frozen=True):
    """How to list members."""

    table: ClassVar[type[Member]] = Member
    sort: Literal["created_at", "-created_at"] = "created_at"


class NewNoteShare(Body, frozen=True):
    """A link by which anybody may read a note."""

    name: Annotated[str, Meta(max_length=100, description="For whom it is.")] = ""
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    password: Password | None = None


class NoteShareOut(msgspec.Struct, frozen=True):
    """A link to a note. What is in the link is shown once, when it is made."""

    id: int
    name: str
    protected: bool
    expires_at: datetime | None
    views: int
    created_at: datetime


class NoteShareMade(NoteShareOut, frozen=True):
    """A link that was just made. ``token`` and ``path`` are shown this once."""

    token: str
    path: str


class NoteShareQuery(PageQuery, frozen=True):
    """How to list links."""

    table: ClassVar[type[Share]] = Share
    sort: Literal["created_at", "-created_at"] = "-created_at"


class Opening(Body, frozen=True):
    """The password of a shared note."""

    password: Annotated[str, Meta(min_length=1, max_length=200)]


class SharedNote(msgspec.Struct, frozen=True):
    """A note as anybody with the link sees it."""

    title: str
    text: str
    html: str
    updated_at: datetime
