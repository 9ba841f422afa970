"""What goes over the wire about searching notes and being at one."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from core import Body, Hit, Query


class FindQuery(Query, frozen=True):
    """What to look for in notes."""

    q: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description='Words that must all be there; `"a phrase"`, `-not`, `prefix*`.',
            examples=["rye"],
        ),
    ]
    limit: Annotated[int, Meta(ge=1, le=100, description="How many notes at most.")] = 20


class NotesFound(msgspec.Struct, frozen=True):
    """The best notes, the best first."""

    items: list[Hit]


class PresenceIn(Body, frozen=True):
    """What somebody does at a note."""

    editing: bool = True
