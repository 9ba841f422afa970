"""The queries of what is done while nobody asks, each built once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from core import compiled

from ..tables import Applied, Revision


class Old(msgspec.Struct, frozen=True):
    """A revision that may be thinned out."""

    id: int
    note: int
    version: int
    created_at: datetime


@compiled(Old)
def old_revisions(before: datetime, note: int, version: int, limit: int) -> Any:
    """Return revisions from before a time, behind a place, in the order of notes and versions."""
    return QueryString(
        'SELECT "id", "note", "version", "created_at" FROM "notes_revision" WHERE "created_at" < {}'
        ' AND ("note", "version") > ({}, {}) ORDER BY "note", "version" LIMIT {}',
        *(before, note, version, limit),
    )


@compiled(int)
def delete_revisions(*ids: int, count: int) -> Any:
    """Delete revisions."""
    return Revision.delete().where(Revision.id.is_in(list(ids))).returning(Revision.id)


@compiled(int)
def forget_applied(before: datetime) -> Any:
    """Delete what is remembered of changes that clients sent before a time."""
    return Applied.delete().where(Applied.at < before).returning(Applied.id)
