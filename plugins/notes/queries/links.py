"""The queries of links between notes, each built once."""

from __future__ import annotations

from typing import Any

import msgspec
from piccolo.querystring import QueryString

from core import compiled

from ..tables import Link


class LinkRow(msgspec.Struct, frozen=True):
    """A link of a note: the title it names, and the note it leads to."""

    key: str
    target: int | None


@compiled(LinkRow)
def of(note: int) -> Any:
    """Return the links of a note."""
    return Link.select(Link.key, Link.target).where(Link.note == note)


@compiled(int)
def forget(note: int, *keys: str, count: int) -> Any:
    """Delete links of a note."""
    return Link.delete().where(Link.note == note, Link.key.is_in(list(keys))).returning(Link.id)


@compiled(int)
def add(note: int, owner: int, *keys: str, count: int) -> Any:
    """Add links to a note; each leads to the oldest note of the owner with its title."""
    target = (
        '(SELECT min("id") FROM "notes_note" WHERE "owner" = {} AND "title_key" = {}'
        ' AND "deleted_at" IS NULL)'
    )
    rows = ", ".join([f"({{}}, {{}}, {target})"] * count)
    bound = [each for key in keys for each in (note, key, owner, key)]
    return QueryString(
        f'INSERT INTO "notes_link" ("note", "key", "target") VALUES {rows}'  # noqa: S608
        ' ON CONFLICT ("note", "key") DO NOTHING RETURNING "id"',
        *bound,
    )


@compiled(int)
def lead_to(note: int, key: str, owner: int) -> Any:
    """Let the links that name a title and lead nowhere lead to a note."""
    return QueryString(
        'UPDATE "notes_link" SET "target" = {} WHERE "key" = {} AND "target" IS NULL AND "note" IN'
        ' (SELECT "id" FROM "notes_note" WHERE "owner" = {}) RETURNING "id"',
        *(note, key, owner),
    )
