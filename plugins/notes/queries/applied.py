"""The queries of changes that clients sent, each built once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from core import compiled, compiled_one

from ..tables import Applied


class AppliedRow(msgspec.Struct, frozen=True):
    """What became of a change."""

    outcome: str
    note: int


@compiled(int)
def claim(user: int, uuid: str, now: datetime) -> Any:
    """Take a change on, unless it was applied before; waits for who applies it just now."""
    return QueryString(
        'INSERT INTO "notes_applied" ("user", "uuid", "outcome", "note", "at") VALUES'
        ' ({}, {}, {}, 0, {}) ON CONFLICT ("user", "uuid") DO NOTHING RETURNING "id"',
        *(user, uuid, "", now),
    )


@compiled_one(AppliedRow)
def find(user: int, uuid: str) -> Any:
    """Return what became of a change."""
    return Applied.select(Applied.outcome, Applied.note).where(
        Applied.user == user, Applied.uuid == uuid
    )


@compiled(int)
def keep(user: int, uuid: str, outcome: str, note: int) -> Any:
    """Remember what became of a change."""
    return (
        Applied.update({Applied.outcome: outcome, Applied.note: note})
        .where(Applied.user == user, Applied.uuid == uuid)
        .returning(Applied.id)
    )
