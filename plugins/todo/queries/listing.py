"""The lists of tasks, each one statement, built once.

What I own and what others share with me are two arms, each read by an index of its own and cut at
the limit; an OR over both would read and sort everything. Most people share nothing, and what they
own comes straight from an index: each row of that says whether the other arm is needed.
"""

from __future__ import annotations

from typing import Any, Literal

from piccolo.querystring import QueryString

from core import compiled, compiled_one

from ..schemas import TaskOut, TrashedOut
from .clauses import MINE
from .tasks import SHOWN, task_of

NAMED = ", ".join(f'"todo_task"."{name}"' for name in SHOWN)
OWNED = '"todo_task"."owner" = {}'
SHARED = f'"todo_task"."project" IN ({MINE})'
ONE = '"todo_task"."project" = {}'
NOT_ARCHIVED = (
    '"todo_task"."project" NOT IN (SELECT "id" FROM "todo_project" WHERE "owner" = {} AND'
    ' "archived")'
)
MEMBER = 'EXISTS (SELECT 1 FROM "todo_member" WHERE "person" = {})'
SHARED_IN_USE = (
    '"todo_task"."project" IN (SELECT "todo_member"."project" FROM "todo_member" JOIN'
    ' "todo_project" ON "todo_project"."id" = "todo_member"."project" WHERE "person" = {} AND NOT'
    ' "archived")'
)
CONTAINS = (
    '(lower("todo_task"."title") LIKE lower({}) ESCAPE \'!\' OR'
    ' lower("todo_task"."description") LIKE lower({}) ESCAPE \'!\')'
)
LABELLED = '"todo_task"."labels" LIKE {} ESCAPE \'!\''
WINDOW = (
    '("todo_task"."due" >= {} AND "todo_task"."due" < {} AND ("todo_task"."due_at" IS NULL AND'
    ' "todo_task"."due" >= {} AND "todo_task"."due" < {} OR "todo_task"."due_at" >= {} AND'
    ' "todo_task"."due_at" < {}))'
)
OVERDUE = (
    '("todo_task"."due" < {} AND NOT "todo_task"."done" AND ("todo_task"."due_at" IS NULL AND'
    ' ("todo_task"."due" < {} OR length("todo_task"."due") > 10 AND "todo_task"."due" < {})'
    ' OR "todo_task"."due_at" < {}))'
)
FILTERS = {
    "parent": '"todo_task"."parent" = {}',
    "priority": '"todo_task"."priority" = {}',
    "label": LABELLED,
    "q": CONTAINS,
    "window": WINDOW,
    "overdue": OVERDUE,
    "none": '"todo_task"."due" IS NULL',
    "done": '"todo_task"."done"',
    "open": 'NOT "todo_task"."done"',
}
"""The conditions that a list may have, with as many values as they have braces."""

Shape = tuple[str, ...]


def _conditions(shape: Shape, values: list[Any]) -> tuple[str, list[Any]]:
    """Return the conditions of a shape, and the values they take off the front of ``values``."""
    texts, taken = ['"todo_task"."trashed_at" IS NULL'], []
    for name in shape:
        texts.append(FILTERS[name])
        count = FILTERS[name].count("{}")
        taken += values[:count]
        del values[:count]
    return " AND ".join(texts), taken


Reach = Literal["one", "mine", "all"]
"""Whether a list is of one project, of what somebody owns, or of what is shared with them too."""


def _arms(user: Any, project: Any, reach: Reach) -> list[tuple[str, list[Any]]]:
    if reach == "one":
        seen = f"{ONE} AND ({OWNED} OR {SHARED})"
        return [(seen, [project, user, user])]
    mine = (f"{OWNED} AND {NOT_ARCHIVED}", [user, user])
    return [mine] if reach == "mine" else [mine, (SHARED_IN_USE, [user])]


def flagged(*row: Any) -> tuple[TaskOut, bool]:
    """Return a task, and whether anything is shared with who asks."""
    return task_of(*row[:-1]), row[-1]


@compiled(flagged)
def listed(
    user: int,
    project: int | None,
    limit: int,
    *values: Any,
    sort: str,
    reach: Reach,
    shape: Shape,
    placed: bool,
    nulls: bool | None,
) -> Any:
    """Return some tasks that somebody may see, each with whether anything is shared with them.

    ``values``: of the filters, then the position.
    """
    rest = list(values)
    conditions, taken = _conditions(shape, rest)
    column, way = sort.removeprefix("-"), "DESC" if sort.startswith("-") else "ASC"
    if nulls is not None:
        conditions += f' AND "todo_task"."{column}" IS {"" if nulls else "NOT "}NULL'
    sign = "<" if way == "DESC" else ">"
    if placed and nulls:
        conditions += f' AND "todo_task"."id" {sign} {{}}'
        taken += rest[1:]
    elif placed:
        conditions += f' AND ("todo_task"."{column}", "todo_task"."id") {sign} ({{}}, {{}})'
        taken += rest
    order = f'"todo_task"."{column}" {way}, "todo_task"."id" {way}'
    arms, arguments = [], []
    for arm, given in _arms(user, project, reach):
        arms.append(
            f'SELECT {NAMED}, {MEMBER} FROM "todo_task" WHERE {arm} AND {conditions}'  # noqa: S608
            f" ORDER BY {order} LIMIT {{}}"
        )
        arguments += [user, *given, *taken, limit]
    if len(arms) == 1:
        return QueryString(arms[0], *arguments)
    both = " UNION ALL ".join(f"SELECT * FROM ({arm}) AS arm" for arm in arms)  # noqa: S608
    text = f'{both} ORDER BY "{column}" {way}, "id" {way} LIMIT {{}}'
    return QueryString(text, *arguments, limit)


@compiled_one(int)
def counted(user: int, project: int | None, *values: Any, reach: Reach, shape: Shape) -> Any:
    """Count what ``listed`` would return without a limit."""
    conditions, taken = _conditions(shape, list(values))
    texts, arguments = [], []
    for arm, given in _arms(user, project, reach):
        texts.append(f'(SELECT count(*) FROM "todo_task" WHERE {arm} AND {conditions})')  # noqa: S608
        arguments += [*given, *taken]
    return QueryString(f"SELECT {' + '.join(texts)}", *arguments)


TRASHED = ", ".join(f'"todo_task"."{name}"' for name in TrashedOut.__struct_fields__)


def _trash(user: Any) -> tuple[str, list[Any]]:
    return f'({OWNED} OR {SHARED}) AND "todo_task"."trashed_at" IS NOT NULL', [user, user]


@compiled(TrashedOut)
def trash(user: int, limit: int, *position: Any, sort: str) -> Any:
    """Return some of what somebody may see in the trash, behind a position."""
    where, arguments = _trash(user)
    way, sign = ("DESC", "<") if sort.startswith("-") else ("ASC", ">")
    if position:
        where += f' AND ("todo_task"."trashed_at", "todo_task"."id") {sign} ({{}}, {{}})'
        arguments += position
    text = f'SELECT {TRASHED} FROM "todo_task" WHERE {where}'  # noqa: S608
    text += f' ORDER BY "todo_task"."trashed_at" {way}, "todo_task"."id" {way} LIMIT {{}}'
    return QueryString(text, *arguments, limit)


@compiled_one(int)
def counted_trash(user: int) -> Any:
    """Count what ``trash`` would return without a limit."""
    where, arguments = _trash(user)
    return QueryString(f'SELECT count(*) FROM "todo_task" WHERE {where}', *arguments)  # noqa: S608
