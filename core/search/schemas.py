"""What goes over the wire about a search over everything."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from core.web.request import Query

Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        description='Words that must all be there; `"a phrase"`, `-not`, `prefix*`.',
        examples=["milk"],
    ),
]


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was found, and where to read it.

    ``title`` is plain text. ``snippet`` is HTML: escaped text with ``<mark>`` around what was
    found. ``rank``: more is better, comparable among the hits of one plugin. Core fills ``plugin``.
    """

    kind: str
    id: int
    title: str
    snippet: str
    url: str
    rank: float
    updated_at: datetime
    plugin: str = ""


class SearchQuery(Query, frozen=True):
    """What to look for."""

    q: Text
    limit: Annotated[int, Meta(ge=1, le=100, description="How many hits at most.")] = 20
    plugins: Annotated[
        str,
        Meta(max_length=500, description="Names with commas between them; empty: all."),
    ] = ""


class SearchOut(msgspec.Struct, frozen=True):
    """What was found. ``incomplete`` names the plugins that could not answer."""

    items: list[Hit]
    incomplete: list[str]
