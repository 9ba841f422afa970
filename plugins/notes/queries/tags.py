"""The queries of tags, each built once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from core import compiled, compiled_one, in_order, limited, locked

from ..schemas import NoteTagOut
from ..tables import Note, NoteTag, Tag
from .notes import NotePlace

COUNT = '(SELECT count(*) FROM "notes_note_tag" WHERE "notes_note_tag"."tag" = "notes_tag"."id")'


class TagOn(msgspec.Struct, frozen=True):
    """A tag on a note."""

    note: int
    id: int
    name: str


class TagName(msgspec.Struct, frozen=True):
    """A tag."""

    id: int
    name: str


@compiled(TagName)
def ensure(owner: int, now: datetime, *values: str, count: int) -> Any:
    """Make the tags that are not there, hold all of them, and return them.

    ``values`` are names and keys by turns, sorted by key so that nobody waits in a circle.
    """
    rows = ", ".join(["({}, {}, {}, {})"] * count)
    bound = [
        each
        for place in range(count)
        for each in (owner, values[2 * place], values[2 * place + 1], now)
    ]
    return QueryString(
        f'INSERT INTO "notes_tag" ("owner", "name", "key", "created_at") VALUES {rows}'  # noqa: S608
        ' ON CONFLICT ("owner", "key") DO UPDATE SET "key" = excluded."key" RETURNING "id", "name"',
        *bound,
    )


@compiled_one(int)
def add(owner: int, name: str, key: str, now: datetime) -> Any:
    """Add a tag, unless there is one of this name."""
    return QueryString(
        'INSERT INTO "notes_tag" ("owner", "name", "key", "created_at") VALUES ({}, {}, {}, {})'
        ' ON CONFLICT ("owner", "key") DO NOTHING RETURNING "id"',
        *(owner, name, key, now),
    )


@compiled(TagOn)
def on(*notes: int, count: int) -> Any:
    """Return the tags of some notes."""
    places = ", ".join(["{}"] * count)
    return QueryString(
        'SELECT "nt"."note", "t"."id", "t"."name" FROM "notes_note_tag" AS "nt" JOIN "notes_tag" AS'  # noqa: S608
        f' "t" ON "t"."id" = "nt"."tag" WHERE "nt"."note" IN ({places}) ORDER BY "t"."key"',
        *notes,
    )


@compiled(TagName)
def of_ids(*ids: int, count: int) -> Any:
    """Return some tags."""
    return Tag.select(Tag.id, Tag.name).where(Tag.id.is_in(list(ids)))


@compiled(int)
def put(note: int, *tags: int, count: int) -> Any:
    """Put tags on a note."""
    rows = ", ".join(["({}, {})"] * count)
    bound = [each for tag in tags for each in (note, tag)]
    return QueryString(
        f'INSERT INTO "notes_note_tag" ("note", "tag") VALUES {rows}'  # noqa: S608
        ' ON CONFLICT ("note", "tag") DO NOTHING RETURNING "id"',
        *bound,
    )


@compiled(int)
def take(note: int, *tags: int, count: int) -> Any:
    """Take tags off a note."""
    return (
        NoteTag.delete()
        .where(NoteTag.note == note, NoteTag.tag.is_in(list(tags)))
        .returning(NoteTag.id)
    )


@compiled_one(NoteTagOut)
def find(id: int, owner: int) -> Any:
    """Return one of somebody's tags."""
    return Tag.select(Tag.id, Tag.name, QueryString(COUNT), Tag.created_at).where(
        Tag.id == id, Tag.owner == owner
    )


@compiled(NoteTagOut)
def listed(owner: int, limit: int, *position: Any, sort: str) -> Query[Any, Any]:
    """Return some of somebody's tags, those behind a position."""
    query = Tag.select(Tag.id, Tag.name, QueryString(COUNT), Tag.created_at)
    after = (position[0], position[1]) if position else None
    return limited(in_order(query.where(Tag.owner == owner), sort, after), limit)


@compiled_one(int)
def counted(owner: int) -> Any:
    """Count somebody's tags."""
    return Tag.count().where(Tag.owner == owner)


@compiled(int)
def rename(id: int, owner: int, name: str, key: str) -> Any:
    """Rename a tag; a duplicate error says that another tag is called so."""
    return (
        Tag.update({Tag.name: name, Tag.key: key})
        .where(Tag.id == id, Tag.owner == owner)
        .returning(Tag.id)
    )


@compiled(int)
def delete(id: int, owner: int) -> Any:
    """Delete a tag."""
    return Tag.delete().where(Tag.id == id, Tag.owner == owner).returning(Tag.id)


@compiled(int)
def hold_notes(tag: int) -> Any:
    """Let nobody else change the notes with a tag; held in the order of their ids."""
    on_it = NoteTag.select(NoteTag.note).where(NoteTag.tag == tag)
    notes = Note.select(Note.id).where(Note.id.is_in(on_it)).order_by(Note.id)
    return locked(notes, "NO KEY UPDATE")


@compiled(NotePlace)
def count_up_notes(tag: int) -> Any:
    """Count the version of each note with a tag."""
    return QueryString(
        'UPDATE "notes_note" SET "version" = "version" + 1 WHERE "id" IN (SELECT "note" FROM'
        ' "notes_note_tag" WHERE "tag" = {}) RETURNING "id", "owner", "notebook",'
        ' "version"',
        tag,
    )
