"""The queries of notebooks and their members, each built once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from piccolo.columns.combination import WhereRaw
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from core import User, columns, compiled, compiled_new, compiled_one, in_order, limited, locked

from ..schemas_sharing import NotebookMemberOut, NotebookOut
from ..tables import Member, Note, Notebook
from .notes import NotePlace
from .sight import of_notebooks

INSIDE = (
    "WITH RECURSIVE inside(id) AS (SELECT id FROM notes_notebook WHERE id = {} UNION SELECT"
    " inner_one.id FROM notes_notebook AS inner_one JOIN inside ON inner_one.parent = inside.id)"
    " SELECT id FROM inside"
)
WITHIN = f'"notes_notebook"."id" IN ({INSIDE})'
NOTES_WITHIN = f'"notes_note"."notebook" IN ({INSIDE})'
MEMBER = (Member.id, Member.user, Member.user.username, Member.role, Member.created_at)


class Place(msgspec.Struct, frozen=True):
    """Where a notebook lies."""

    id: int
    parent: int | None
    name: str


@compiled_one(NotebookOut)
def find(id: int, user: int, *, edit: bool = False, keep: bool = False) -> Any:
    """Return a notebook that somebody sees, or in which they may ``edit``.

    ``keep``: until the transaction ends it stays, and so does who sees what lies in it.
    """
    query = Notebook.select(*columns(Notebook, NotebookOut)).where(
        Notebook.id == id, of_notebooks(user, edit=edit)
    )
    return locked(query, "KEY SHARE") if keep else query


@compiled(int)
def take_turn(owner: int) -> Any:
    """Let nobody else arrange or share notebooks of somebody until the transaction ends.

    By their oldest one; what is read after this, nobody changes.
    """
    query = Notebook.select(Notebook.id).where(Notebook.owner == owner).order_by(Notebook.id)
    return locked(limited(query, 1), "NO KEY UPDATE")


@compiled(Place)
def places(owner: int) -> Any:
    """Return where all notebooks of somebody lie."""
    query = Notebook.select(Notebook.id, Notebook.parent, Notebook.name)
    return query.where(Notebook.owner == owner).order_by(Notebook.id)


@compiled_new(NotebookOut)
def add(owner: int, name: str, parent: int | None, now: datetime) -> Any:
    """Add a notebook."""
    notebook = Notebook(owner=owner, name=name, parent=parent, created_at=now, updated_at=now)
    return Notebook.insert(notebook).returning(*columns(Notebook, NotebookOut))


@compiled_one(NotebookOut)
def change(
    id: int, owner: int, now: datetime, *values: Any, changes: tuple[str, ...], versions: int
) -> Any:
    """Change the columns in ``changes`` to the first values; the others are allowed versions."""
    new: dict[Any, Any] = {
        Notebook._meta.get_column_by_name(name): value
        for name, value in zip(changes, values, strict=False)
    }
    new |= {Notebook.updated_at: now, Notebook.version: QueryString('"version" + 1')}
    guard = [Notebook.id == id, Notebook.owner == owner, *_at(values[len(changes) :], versions)]
    return Notebook.update(new).where(*guard).returning(*columns(Notebook, NotebookOut))


def _at(values: tuple[Any, ...], versions: int) -> list[Any]:
    return [Notebook.version.is_in(list(values))] if versions else []


@compiled(int)
def delete(id: int, owner: int, *values: int, versions: int) -> Any:
    """Delete a notebook and those that lie in it."""
    guard = [Notebook.id == id, Notebook.owner == owner, *_at(values, versions)]
    return Notebook.delete().where(*guard).returning(Notebook.id)


def membership(id: int, role: str, *notebook: Any) -> tuple[int, str, NotebookOut]:
    """Return a membership with its notebook."""
    return id, role, NotebookOut(*notebook)


@compiled(membership)
def shared_with(user: int) -> Any:
    """Return somebody's memberships, each with its notebook."""
    notebook = [getattr(Member.notebook, name) for name in NotebookOut.__struct_fields__]
    return Member.select(Member.id, Member.role, *notebook).where(Member.user == user)


@compiled(NotebookOut)
def owned(owner: int) -> Any:
    """Return all notebooks of somebody, and hold them."""
    query = Notebook.select(*columns(Notebook, NotebookOut)).where(Notebook.owner == owner)
    return locked(query.order_by(Notebook.id))


@compiled(NotebookOut)
def listed(user: int, limit: int, *position: Any, sort: str) -> Query[Any, Any]:
    """Return some of the notebooks that somebody sees, those behind a position."""
    query = Notebook.select(*columns(Notebook, NotebookOut)).where(of_notebooks(user))
    after = (position[0], position[1]) if position else None
    return limited(in_order(query, sort, after), limit)


@compiled_one(int)
def counted(user: int) -> Any:
    """Count the notebooks that somebody sees."""
    return Notebook.count().where(of_notebooks(user))


@compiled(NotebookOut)
def inside(id: int) -> Any:
    """Return a notebook and all that lie in it, however deep, and hold them."""
    query = Notebook.select(*columns(Notebook, NotebookOut)).where(WhereRaw(WITHIN, id))
    return locked(query.order_by(Notebook.id))


@compiled(lambda note, notebook: (note, notebook))
def notes_inside(id: int) -> Any:
    """Return the notes that lie in a notebook, however deep, each with its notebook; hold them."""
    query = Note.select(Note.id, Note.notebook).where(WhereRaw(NOTES_WITHIN, id))
    return locked(query.order_by(Note.id), "NO KEY UPDATE")


@compiled(NotePlace)
def empty(id: int) -> Any:
    """Take all notes out of a notebook and those in it; they lie in none then."""
    return QueryString(
        'UPDATE "notes_note" SET "notebook" = NULL, "version" = "version" + 1 WHERE "notebook" IN'  # noqa: S608
        f' ({INSIDE}) RETURNING "id", "owner", "notebook", "version"',
        id,
    )


@compiled_one(int)
def user_called(key: str) -> Any:
    """Return the id of an active user."""
    return User.select(User.id).where(User.username_key == key, User.active.eq(True))


@compiled_one(NotebookMemberOut)
def member(id: int, notebook: int) -> Any:
    """Return a member of a notebook."""
    return Member.select(*MEMBER).where(Member.id == id, Member.notebook == notebook)


@compiled(NotebookMemberOut)
def members(notebook: int, limit: int, *position: Any, sort: str) -> Query[Any, Any]:
    """Return some members of a notebook, those behind a position."""
    query = Member.select(*MEMBER).where(Member.notebook == notebook)
    after = (position[0], position[1]) if position else None
    return limited(in_order(query, sort, after), limit)


@compiled_one(int)
def members_counted(notebook: int) -> Any:
    """Count the members of a notebook."""
    return Member.count().where(Member.notebook == notebook)


@compiled(int)
def add_member(notebook: int, user: int, role: str, now: datetime) -> Any:
    """Add a member; a duplicate error says that they are one already."""
    member = Member(notebook=notebook, user=user, role=role, created_at=now)
    return Member.insert(member).returning(Member.id)


@compiled(int)
def change_member(id: int, notebook: int, role: str) -> Any:
    """Give a member another role; returns whom."""
    return (
        Member.update({Member.role: role})
        .where(Member.id == id, Member.notebook == notebook)
        .returning(Member.user)
    )


@compiled(int)
def delete_member(id: int, notebook: int) -> Any:
    """Take a member away; returns whom."""
    return (
        Member.delete().where(Member.id == id, Member.notebook == notebook).returning(Member.user)
    )
