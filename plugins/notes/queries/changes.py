"""The queries of what changed for whom, each built once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from core import compiled, compiled_one

from ..tables import Counter
from .notebooks import WITHIN

AUDIENCE = (
    "WITH RECURSIVE up(id, parent, owner) AS (SELECT id, parent, owner FROM notes_notebook WHERE"
    " id = {} UNION SELECT outer_one.id, outer_one.parent, outer_one.owner FROM notes_notebook AS"
    " outer_one JOIN up ON outer_one.id = up.parent)"
    ' SELECT notes_member."user" FROM notes_member JOIN up ON notes_member.notebook = up.id'
    " UNION SELECT owner FROM up"
)

AUDIENCES = (
    "WITH RECURSIVE up(first, id, parent, owner) AS (SELECT id, id, parent, owner FROM"
    " notes_notebook WHERE {} UNION SELECT up.first, outer_one.id, outer_one.parent,"
    " outer_one.owner FROM notes_notebook AS outer_one JOIN up ON outer_one.id = up.parent)"
    ' SELECT up.first, notes_member."user" FROM notes_member JOIN up ON notes_member.notebook ='
    " up.id UNION SELECT first, owner FROM up"
)
OF_OWNER = '"notes_notebook"."owner" = {}'

NEWEST_OLD = (
    '(SELECT max("c"."number") FROM "notes_change" AS "c" WHERE "c"."user" ='
    ' "notes_counter"."user" AND "c"."gone" = {} AND "c"."at" < {})'
)


class ChangeRow(msgspec.Struct, frozen=True):
    """A change of a note. ``size``: characters of its text."""

    number: int
    note: int
    gone: bool
    size: int


@compiled(int)
def audience(notebook: int) -> Any:
    """Return who sees what lies in a notebook."""
    return QueryString(AUDIENCE, notebook)


@compiled(lambda notebook, user: (notebook, user))
def audiences(id: int, *, of_owner: bool = False) -> Any:
    """Return who sees what lies in each of many notebooks, as pairs of notebook and user.

    In a notebook and all that lie in it, however deep; or ``of_owner``: in all of somebody's.
    """
    return QueryString(AUDIENCES, QueryString(OF_OWNER if of_owner else WITHIN, id))


@compiled(lambda user, last: (user, last))
def count_up(*users: int, count: int) -> Any:
    """Count one change more for some users, in the order of their ids; hold their counters."""
    rows = ", ".join(["({}, 1, 0)"] * count)
    return QueryString(
        f'INSERT INTO "notes_counter" ("user", "last", "purged") VALUES {rows}'  # noqa: S608
        ' ON CONFLICT ("user") DO UPDATE SET "last" = "notes_counter"."last" + 1'
        ' RETURNING "user", "last"',
        *users,
    )


@compiled(int)
def write(now: datetime, *values: Any, count: int) -> Any:
    """Write the newest change of notes for users: user, note, number and gone by turns."""
    rows = ", ".join(["({}, {}, {}, {}, {})"] * count)
    bound = [each for start in range(0, 4 * count, 4) for each in (*values[start : start + 4], now)]
    return QueryString(
        f'INSERT INTO "notes_change" ("user", "note", "number", "gone", "at") VALUES {rows}'  # noqa: S608
        ' ON CONFLICT ("user", "note") DO UPDATE SET "number" = excluded."number",'
        ' "gone" = excluded."gone", "at" = excluded."at" RETURNING "id"',
        *bound,
    )


@compiled(ChangeRow)
def since(user: int, number: int, note: int, limit: int, *, gone: bool) -> Any:
    """Return the changes behind a place; without ``gone``, only of notes that are there."""
    only = "" if gone else ' AND "c"."gone" = {}'
    return QueryString(
        'SELECT "c"."number", "c"."note", "c"."gone", coalesce(length("n"."text"), 0) FROM'  # noqa: S608
        ' "notes_change" AS "c" LEFT JOIN "notes_note" AS "n" ON "n"."id" = "c"."note" WHERE'
        f' "c"."user" = {{}} AND ("c"."number", "c"."note") > ({{}}, {{}}){only}'
        ' ORDER BY "c"."number", "c"."note" LIMIT {}',
        *(user, number, note, *(() if gone else (False,)), limit),
    )


@compiled_one(lambda last, purged: (last, purged))
def counter(user: int) -> Any:
    """Return how far somebody's changes have come, and up to where tombstones are gone."""
    return Counter.select(Counter.last, Counter.purged).where(Counter.user == user)


@compiled(int)
def forget_purged(before: datetime) -> Any:
    """Remember for each user up to which number tombstones are deleted next."""
    return QueryString(
        f'UPDATE "notes_counter" SET "purged" = {NEWEST_OLD} WHERE "purged" < {NEWEST_OLD}'  # noqa: S608
        ' RETURNING "id"',
        *(True, before, True, before),
    )


@compiled(int)
def forget(before: datetime) -> Any:
    """Delete the tombstones that are older than a time."""
    return QueryString(
        'DELETE FROM "notes_change" WHERE "gone" = {} AND "at" < {} RETURNING "id"', True, before
    )
