"""What goes over the wire about links."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core import Body, PageQuery, Query

from .tables import Link

Url = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2048,
        description="Where the link leads: http or https, on the public Web.",
        examples=["https://example.com/spring"],
    ),
]
Code = Annotated[
    str,
    Meta(
        pattern="^[A-Za-z0-9_-]+$",
        min_length=3,
        max_length=50,
        description="Letters, digits, `-` and `_`. Capital letters matter when a link is opened, "
        "but no two codes may look alike.",
    ),
]
Tag = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]*$", max_length=30, examples=["spring"])]
Tags = Annotated[list[Tag], Meta(max_length=10)]
Title = Annotated[str, Meta(max_length=200)]
Redirect = Annotated[
    Literal[301, 302, 307, 308],
    Meta(description="The status of the redirect; browsers keep 301 and 308 for a while."),
]
Moment = Annotated[datetime, Meta(tz=True)]
Visits = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Word = Annotated[str, Meta(min_length=4, max_length=128)]
Parameter = Annotated[str, Meta(min_length=1, max_length=100)]
Sort = Literal["-created_at", "created_at", "-updated_at", "updated_at", "code", "-code"]


class Utm(Body, frozen=True):
    """Campaign parameters that are built into the target as `utm_source` and so on."""

    source: Parameter | None = None
    medium: Parameter | None = None
    campaign: Parameter | None = None
    term: Parameter | None = None
    content: Parameter | None = None


class NewLink(Body, frozen=True):
    """A link to be made; without a code it gets one at random."""

    target: Url
    code: Code | None = None
    title: Title = ""
    tags: Tags = []
    redirect: Redirect = 302
    forward_query: Annotated[
        bool, Meta(description="Whether the query of the short link goes along to the target.")
    ] = True
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    max_visits: Visits | None = None
    password: Word | None = None
    utm: Utm | None = None


class LinkChange(Body, frozen=True):
    """What to change about a link; what is absent stays, null clears. The code stays for good."""

    target: Url | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    redirect: Redirect | UnsetType = UNSET
    forward_query: bool | UnsetType = UNSET
    valid_from: Moment | UnsetType | None = UNSET
    valid_until: Moment | UnsetType | None = UNSET
    max_visits: Visits | UnsetType | None = UNSET
    password: Word | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    utm: Utm | UnsetType = UNSET


class LinkOut(msgspec.Struct, frozen=True):
    """A link. `visits` are those of people, `programs` those of bots and of fetching ahead.

    `banned` by staff, or `blocked` as long as it leads to a place on the blocklist, it is off.
    """

    id: int
    code: str
    short_url: str
    target: str
    title: str
    tags: list[str]
    redirect: int
    forward_query: bool
    valid_from: datetime | None
    valid_until: datetime | None
    max_visits: int | None
    used: int
    has_password: bool
    enabled: bool
    banned: bool
    blocked: bool
    visits: int
    programs: int
    created_at: datetime
    updated_at: datetime
    version: int


class LinkQuery(PageQuery, frozen=True):
    """Which links to list."""

    table: ClassVar[type[Link]] = Link
    sort: Sort = "-created_at"
    tag: Tag | None = None
    q: (
        Annotated[
            str,
            Meta(min_length=1, max_length=200, description="Text in code, title or target."),
        ]
        | None
    ) = None


class ManyLinks(Body, frozen=True):
    """Links to be made, each for itself."""

    links: Annotated[list[NewLink], Meta(min_length=1, max_length=100)]


class ImportedLinks(Body, frozen=True):
    """A file of links from elsewhere; its first line names the columns."""

    format: Literal["bitly", "yourls", "shlink", "tenfold"]
    csv: Annotated[str, Meta(min_length=1, max_length=1_000_000)]


class Refused(msgspec.Struct, frozen=True):
    """Why one of many was not made; `place` counts from 1."""

    place: int
    code: str
    detail: str


class ManyOut(msgspec.Struct, frozen=True):
    """What came of making many."""

    created: list[LinkOut]
    refused: list[Refused]


class Shorten(Body, frozen=True):
    """An address to be shortened without an account."""

    target: Url


class Shortened(msgspec.Struct, frozen=True):
    """A link that belongs to nobody."""

    code: str
    short_url: str
    target: str

    @property
    def location(self) -> str:
        """Where it is."""
        return self.short_url


class QrQuery(Query, frozen=True):
    """How a QR code looks."""

    size: Annotated[int, Meta(ge=1, le=40, description="Pixels a module.")] = 8
    border: Annotated[int, Meta(ge=0, le=20, description="Modules of white around it.")] = 4
    error: Annotated[
        Literal["l", "m", "q", "h"], Meta(description="How much damage it survives: 7 to 30%.")
    ] = "m"
