"""The queries of shares by link, each built once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from core import compiled, compiled_new, compiled_one, in_order, limited

from ..schemas_sharing import NoteShareOut
from ..tables import Share

PROTECTED = QueryString('"notes_share"."password" <> {}', "")
SHOWN = (Share.id, Share.name, PROTECTED, Share.expires_at, Share.views, Share.created_at)


class Opened(msgspec.Struct, frozen=True):
    """A shared note, and what is needed to open it."""

    id: int
    password: str
    note: int
    title: str
    text: str
    updated_at: datetime


@compiled_new(int)
def add(
    note: int,
    name: str,
    token: str,
    password: str,
    expires_at: datetime | None,
    now: datetime,
) -> Any:
    """Add a link to a note."""
    share = Share(
        note=note,
        name=name,
        token=token,
        password=password,
        expires_at=expires_at,
        created_at=now,
    )
    return Share.insert(share).returning(Share.id)


def shown(id: int, name: str, protected: int, *more: Any) -> NoteShareOut:
    """Return a link as it is told. What SQLite computes is 0 or 1, never a truth value."""
    return NoteShareOut(id, name, bool(protected), *more)


@compiled_one(shown)
def find(id: int, note: int) -> Any:
    """Return a link to a note."""
    return Share.select(*SHOWN).where(Share.id == id, Share.note == note)


@compiled(shown)
def listed(note: int, limit: int, *position: Any, sort: str) -> Query[Any, Any]:
    """Return some links to a note, those behind a position."""
    query = Share.select(*SHOWN).where(Share.note == note)
    after = (position[0], position[1]) if position else None
    return limited(in_order(query, sort, after), limit)


@compiled_one(int)
def counted(note: int) -> Any:
    """Count the links to a note."""
    return Share.count().where(Share.note == note)


@compiled(int)
def delete(id: int, note: int) -> Any:
    """Delete a link to a note."""
    return Share.delete().where(Share.id == id, Share.note == note).returning(Share.id)


@compiled_one(Opened)
def open_by(token: str, now: datetime) -> Any:
    """Return what a link leads to, unless it has expired or the note may not be seen any more."""
    return QueryString(
        'SELECT "s"."id", "s"."password", "n"."id", "n"."title", "n"."text", "n"."updated_at" FROM'
        ' "notes_share" AS "s" JOIN "notes_note" AS "n" ON "n"."id" = "s"."note" JOIN "auth_user"'
        ' AS "u" ON "u"."id" = "n"."owner" WHERE "s"."token" = {} AND ("s"."expires_at" IS NULL OR'
        ' "s"."expires_at" > {}) AND "n"."deleted_at" IS NULL AND "u"."active" = {}',
        *(token, now, True),
    )


@compiled(int)
def viewed(id: int) -> Any:
    """Count a view."""
    return QueryString(
        'UPDATE "notes_share" SET "views" = "views" + 1 WHERE "id" = {} RETURNING "id"', id
    )


@compiled(int)
def guess(id: int, most: int, now: datetime, since: datetime) -> Any:
    """Count a guess of a password, unless there were ``most`` since a time."""
    return QueryString(
        'UPDATE "notes_share" SET "guesses" = CASE WHEN "guessed_at" > {} THEN "guesses" + 1 ELSE 1'
        ' END, "guessed_at" = CASE WHEN "guessed_at" > {} THEN "guessed_at" ELSE {} END WHERE'
        ' "id" = {} AND ("guesses" < {} OR "guessed_at" IS NULL OR "guessed_at" <= {})'
        ' RETURNING "id"',
        *(since, since, now, id, most, since),
    )


@compiled(int)
def strike(id: int) -> Any:
    """Strike a guess out, which was right."""
    return QueryString(
        'UPDATE "notes_share" SET "guesses" = "guesses" - 1 WHERE "id" = {} AND "guesses" > 0'
        ' RETURNING "id"',
        id,
    )
