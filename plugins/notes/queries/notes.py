"""The queries of notes, each built once. Who may see a note stands in every one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from piccolo.columns.combination import WhereRaw
from piccolo.querystring import QueryString

from core import columns, compiled, compiled_new, compiled_one, in_order, limited, locked

from ..schemas import ListedRow, NoteFacts, NoteRow
from ..tables import Member, Note
from .sight import in_reached, of_notes, of_reached

TAGGED = (
    '"notes_note"."id" IN (SELECT "notes_note_tag"."note" FROM "notes_note_tag" JOIN "notes_tag"'
    ' ON "notes_tag"."id" = "notes_note_tag"."tag" WHERE "notes_tag"."key" = {})'
)
LEADING = (
    '"notes_note"."id" IN (SELECT "notes_link"."note" FROM "notes_link" WHERE'
    ' "notes_link"."target" = {})'
)
SPARSE = frozenset({"tag", "target", "trash"})
"""Lists of few notes among many: those few are found first, not the newest of each notebook."""


class NotePlace(msgspec.Struct, frozen=True):
    """Whose a note is, where it lies, and at which version."""

    id: int
    owner: int
    notebook: int | None
    version: int


@compiled_one(bool)
def is_member(user: int) -> Any:
    """Tell whether anything is shared with somebody."""
    return Member.exists().where(Member.user == user)


@compiled_one(NoteRow)
def find(id: int, user: int, *, edit: bool = False, hold: bool = False) -> Any:
    """Return a note that somebody sees, or may ``edit``; ``hold``: nobody else changes it then."""
    note = Note.select(*columns(Note, NoteRow)).where(Note.id == id, of_notes(user, edit=edit))
    return locked(note, "NO KEY UPDATE") if hold else note


@compiled(NoteRow)
def of_ids(user: int, *ids: int, count: int) -> Any:
    """Return those of some notes that somebody sees."""
    return Note.select(*columns(Note, NoteRow)).where(Note.id.is_in(list(ids)), of_notes(user))


@compiled_new(NoteRow)
def add(
    owner: int,
    notebook: int | None,
    title: str,
    title_key: str,
    text: str,
    pinned: bool,
    archived: bool,
    created_at: datetime,
    updated_at: datetime,
) -> Any:
    """Add a note."""
    note = Note(
        owner=owner,
        notebook=notebook,
        title=title,
        title_key=title_key,
        text=text,
        pinned=pinned,
        archived=archived,
        created_at=created_at,
        updated_at=updated_at,
    )
    return Note.insert(note).returning(*columns(Note, NoteRow))


@compiled_one(NoteRow)
def change(id: int, user: int, version: int, *values: Any, changes: tuple[str, ...]) -> Any:
    """Change the columns in ``changes`` of a note that is at a version and may be edited."""
    new: dict[Any, Any] = {
        Note._meta.get_column_by_name(name): value
        for name, value in zip(changes, values, strict=True)
    }
    return (
        Note.update({**new, Note.version: QueryString('"version" + 1')})
        .where(Note.id == id, Note.version == version, of_notes(user, edit=True))
        .returning(*columns(Note, NoteRow))
    )


@compiled_one(int)
def purge(id: int, owner: int, version: int) -> Any:
    """Delete a note for good."""
    return (
        Note.delete()
        .where(Note.id == id, Note.owner == owner, Note.version == version)
        .returning(Note.id)
    )


@compiled(NotePlace)
def purge_all(owner: int) -> Any:
    """Delete all notes of somebody for good."""
    return Note.delete().where(Note.owner == owner).returning(*columns(Note, NotePlace))


@compiled(ListedRow)
def listed(
    user: int,
    notebook: int | None,
    tag: str | None,
    target: int | None,
    limit: int,
    *position: Any,
    sort: str,
    shape: frozenset[str],
) -> Any:
    """Return some of the notes somebody sees, those behind a position.

    As many as are wanted are read of one's own notes, and of others' in each notebook, each along
    an index.
    """
    beginning = QueryString('substr("notes_note"."text", 1, 200)')
    shown = [*columns(Note, NoteFacts), beginning]
    after = (position[0], position[1]) if position else None

    def first(whose: str) -> Any:
        by_notebook = whose == "others" and not shape & SPARSE
        query = Note.select(Note.id) if by_notebook else Note.select(*shown)
        seen = of_reached(user) if by_notebook else of_notes(user, whose=whose)
        query = _filtered(query, seen, notebook, tag, target, shape)
        found = limited(in_order(query, sort, after), limit).querystrings[0]
        return in_reached(user, shown, found) if by_notebook else found

    if len(whose := _whose(shape)) == 1:
        return first(*whose)
    mine, others = map(first, whose)
    column, way = sort.removeprefix("-"), "DESC" if sort.startswith("-") else "ASC"
    return QueryString(
        "SELECT * FROM (SELECT * FROM ({}) AS mine UNION ALL SELECT * FROM ({}) AS others) AS found"  # noqa: S608
        f' ORDER BY "{column}" {way}, "id" {way} LIMIT {{}}',
        *(mine, others, limit),
    )


@compiled_one(int)
def counted(
    user: int,
    notebook: int | None,
    tag: str | None,
    target: int | None,
    *,
    shape: frozenset[str],
) -> Any:
    """Count what ``listed`` would return without a limit."""
    counts = [
        _filtered(Note.count(), of_notes(user, whose=each), notebook, tag, target, shape)
        for each in _whose(shape)
    ]
    if len(counts) == 1:
        return counts[0]
    return QueryString("SELECT ({}) + ({})", *(each.querystrings[0] for each in counts))


def _whose(shape: frozenset[str]) -> list[str]:
    """Return of which notes to make a list: the visible ones of a notebook, else in two parts."""
    if "alone" in shape:
        return ["mine"]
    return ["any"] if "notebook" in shape else ["mine", "others"]


def _filtered(query: Any, seen: Any, notebook: Any, tag: Any, target: Any, shape: Any) -> Any:
    query = query.where(seen)
    trashed = Note.deleted_at.is_not_null() if "trash" in shape else Note.deleted_at.is_null()
    query = query.where(trashed)
    if "archived" in shape or "current" in shape:
        query = query.where(Note.archived == ("archived" in shape))
    if "pinned" in shape:
        query = query.where(WhereRaw('"notes_note"."pinned"'))
    if "loose" in shape:
        query = query.where(WhereRaw('NOT "notes_note"."pinned"'))
    if "notebook" in shape:
        query = query.where(Note.notebook == notebook)
    if "tag" in shape:
        query = query.where(WhereRaw(TAGGED, tag))
    if "target" in shape:
        query = query.where(WhereRaw(LEADING, target))
    return query


@compiled(NotePlace)
def ripe(before: datetime, limit: int) -> Any:
    """Return notes that went to the trash before a time."""
    return limited(
        Note.select(Note.id, Note.owner, Note.notebook, Note.version)
        .where(Note.deleted_at < before)
        .order_by(Note.id),
        limit,
    )
