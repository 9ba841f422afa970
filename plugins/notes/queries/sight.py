"""Who may see and change what: the one predicate of each table, used wherever rows are read.

A note and a notebook belong to their owner. Who is a member of a notebook sees it and all that lies
in it, however deep; an editor may change that. The best of several memberships counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from piccolo.columns.combination import WhereRaw
from piccolo.querystring import QueryString

from ..tables import Note

REACH = (
    'WITH RECURSIVE reach(id) AS (SELECT notebook FROM notes_member WHERE "user" = {{}}{only}'
    " UNION SELECT inner_one.id FROM notes_notebook AS inner_one"
    " JOIN reach ON inner_one.parent = reach.id) SELECT id FROM reach"
)
ANY, EDITOR = REACH.format(only=""), REACH.format(only=" AND role = 'editor'")
FOUND_IN_EACH = {
    "sqlite": '"notes_note" WHERE "notes_note"."id" IN ({})',
    "postgres": 'LATERAL ({}) AS "near" JOIN "notes_note" ON "notes_note"."id" = "near"."id"',
}


def of_notes(user: Any, *, edit: bool = False, whose: str = "any") -> WhereRaw:
    """Return the condition that ``user`` sees a note, or may ``edit`` it.

    ``whose``: of ``any`` notes, or only of ``mine`` or those of ``others``: each of the two parts
    is found by an index, and for who is a member of nothing the first is all.
    """
    mine = '"notes_note"."owner" = {}'
    if whose == "mine":
        return WhereRaw(mine, user)
    shared = f'"notes_note"."notebook" IN ({EDITOR if edit else ANY})'
    if whose == "others":
        return WhereRaw(f'{shared} AND "notes_note"."owner" <> {{}}', user, user)
    return WhereRaw(f"({mine} OR {shared})", user, user)


def of_reached(user: Any) -> WhereRaw:
    """Return the condition that a note of somebody else lies in the notebook ``reached``."""
    condition = '"notes_note"."notebook" = "reached"."id" AND "notes_note"."owner" <> {}'
    return WhereRaw(condition, user)


def in_reached(user: Any, columns: Sequence[Any], notes: QueryString) -> QueryString:
    """Return the query for ``columns`` of ``notes``, found in each notebook shared with ``user``.

    ``notes`` selects ids of notes for which ``of_reached`` holds.
    """
    kind = Note._meta.db.engine_type
    found = FOUND_IN_EACH[kind]
    shown = [each.get_select_string(kind) for each in columns]
    return QueryString(
        f'SELECT {", ".join(["{}"] * len(shown))} FROM ({ANY}) AS "reached" CROSS JOIN {found}',  # noqa: S608
        *(*shown, user, notes),
    )


def of_notebooks(user: Any, *, edit: bool = False) -> WhereRaw:
    """Return the condition that ``user`` sees a notebook, or may ``edit`` what lies in it."""
    reach = EDITOR if edit else ANY
    condition = f'("notes_notebook"."owner" = {{}} OR "notes_notebook"."id" IN ({reach}))'
    return WhereRaw(condition, user, user)
