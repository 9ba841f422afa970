"""Which runner works at which task. The database decides, so that no two do one at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from core.db.compiled import compiled, compiled_one
from core.db.engine import engine
from core.db.errors import is_duplicate

WAITS = '"t"."state" = \'waiting\' AND "t"."run_at"'
IS_HELD = '"t"."state" = \'running\' AND "t"."claimed_until"'
NOBODY_HAS_ITS_KEY = (
    'NOT EXISTS (SELECT 1 FROM "tasks_task" AS "r" WHERE "r"."state" = \'running\''
    ' AND "r"."name" = "t"."name" AND "r"."key" = "t"."key")'
)
MINE = '"id" = {} AND "attempts" = {} AND "claimed_by" = {} AND "state" = \'running\''
FREE = '"claimed_by" = \'\', "claimed_until" = NULL'


class Claimed(msgspec.Struct, frozen=True):
    """A task that is ours until the lease ends."""

    id: int
    name: str
    payload: str
    key: str | None
    attempts: int
    claimed_by: str


def _among(names: tuple[str, ...]) -> str:
    """Return a condition on the names; written so that no index on names is taken for it."""
    return f'"t"."name" || \'\' IN ({", ".join("{}" for _ in names)})' if names else "FALSE"


def _tasks(index: str) -> str:
    """Return the table; without a word SQLite would go through all in a state, however many."""
    hint = f' INDEXED BY "{index}"' if engine().engine_type == "sqlite" else ""
    return f'FROM "tasks_task" AS "t"{hint}'


def _due(among: str) -> str:
    return f"{_tasks('tasks_task_due')} WHERE {WAITS} <= {{}} AND {NOBODY_HAS_ITS_KEY} AND {among}"


def _lapsed(among: str) -> str:
    return f"{_tasks('tasks_task_lapsed')} WHERE {IS_HELD} < {{}} AND {among}"


class Waiting(msgspec.Struct, frozen=True):
    """Whether something is due, whether a runner has left something behind; else what is next."""

    due: bool = False
    lapsed: bool = False
    next: datetime | None = None


def _waiting(due: Any, lapsed: Any, *moments: Any) -> Waiting:
    """Read the row; SQLite tells moments as texts."""
    known = [datetime.fromisoformat(each) if isinstance(each, str) else each for each in moments]
    times = [each.replace(tzinfo=UTC) for each in known if each is not None]
    return Waiting(bool(due), bool(lapsed), min(times, default=None))


@compiled_one(_waiting)
def waiting(now: datetime, soon: datetime, *names: str) -> QueryString:
    """Tell whether there is something to do, and what there will be next until ``soon``."""
    among = _among(names)
    begins = f"{_tasks('tasks_task_due')} WHERE {WAITS} BETWEEN {{}} AND {{}} AND {among}"
    ends = f"{_tasks('tasks_task_lapsed')} WHERE {IS_HELD} BETWEEN {{}} AND {{}} AND {among}"
    return QueryString(
        f"SELECT EXISTS (SELECT 1 {_due(among)}), EXISTS (SELECT 1 {_lapsed(among)}),"
        f' (SELECT min("t"."run_at") {begins}), (SELECT min("t"."claimed_until") {ends})',
        *(now, *names) * 2,
        *(now, soon, *names) * 2,
    )


async def claim(
    me: str, now: datetime, until: datetime, limit: int, names: Sequence[str], *, lapsed: bool
) -> list[Claimed]:
    """Take up to ``limit`` tasks that are due, or whose runner is gone, those due first first."""
    is_sqlite = engine().engine_type == "sqlite"
    found = await _claim(me, now, until, limit, *names, lapsed=lapsed, rows_lock=not is_sqlite)
    return sorted(found, key=lambda each: each.id)


@compiled(Claimed)
def _claim(
    me: str, now: datetime, until: datetime, limit: int, *names: str, lapsed: bool, rows_lock: bool
) -> QueryString:
    among = _among(names)
    which, order = (_lapsed(among), "claimed_until") if lapsed else (_due(among), "run_at")
    locks = 'FOR UPDATE OF "t" SKIP LOCKED' if rows_lock else ""
    sql = (
        f'WITH "chosen" AS MATERIALIZED (SELECT "t"."id" {which}'  # noqa: S608
        f' ORDER BY "t"."{order}", "t"."id" LIMIT {{}} {locks})'
        ' UPDATE "tasks_task" SET "state" = \'running\', "attempts" = "attempts" + 1,'
        ' "claimed_by" = {}, "claimed_until" = {} WHERE "id" IN (SELECT "id" FROM "chosen")'
        ' RETURNING "id", "name", "payload", "key", "attempts", "claimed_by"'
    )
    return QueryString(sql, now, *names, limit, me, until)


@compiled(int)
def renew(me: str, until: datetime, *ids: int) -> QueryString:
    """Hold those of these that are still ours for longer; return their ids."""
    among = ", ".join("{}" for _ in ids)
    return QueryString(
        'UPDATE "tasks_task" SET "claimed_until" = {} WHERE "claimed_by" = {}'  # noqa: S608
        f' AND "state" = \'running\' AND "id" IN ({among}) RETURNING "id"',
        until,
        me,
        *ids,
    )


def _mine(each: Claimed) -> tuple[Any, ...]:
    return each.id, each.attempts, each.claimed_by


async def finish(each: Claimed) -> bool:
    """Delete what is done; False when it was not ours any more."""
    return bool(await _finish(*_mine(each)))


@compiled(int)
def _finish(id: int, attempts: int, me: str) -> QueryString:
    return QueryString(f'DELETE FROM "tasks_task" WHERE {MINE} RETURNING "id"', id, attempts, me)  # noqa: S608


async def put_back(each: Claimed, run_at: datetime, error: str) -> bool:
    """Have it tried again at ``run_at``. One with its key that was enqueued meanwhile is enough."""
    try:
        return bool(await _put_back(run_at, each.attempts, error, *_mine(each)))
    except Exception as problem:
        if not is_duplicate(problem):
            raise
        return await finish(each)


async def release(each: Claimed, now: datetime) -> bool:
    """Leave it to another runner; this attempt does not count."""
    try:
        return bool(await _put_back(now, each.attempts - 1, "", *_mine(each)))
    except Exception as problem:
        if not is_duplicate(problem):
            raise
        return await finish(each)


@compiled(int)
def _put_back(
    run_at: datetime, counted: int, error: str, id: int, attempts: int, me: str
) -> QueryString:
    return QueryString(
        f'UPDATE "tasks_task" SET "state" = \'waiting\', {FREE}, "run_at" = {{}},'  # noqa: S608
        f' "attempts" = {{}}, "last_error" = {{}} WHERE {MINE} RETURNING "id"',
        run_at,
        counted,
        error,
        id,
        attempts,
        me,
    )


async def bury(each: Claimed, now: datetime, error: str) -> bool:
    """Give it up, and keep it to be looked at. It takes the place of one before with its key."""
    if each.key is not None:
        await _forget_dead(each.name, each.key)
    return bool(await _bury(now, error, *_mine(each)))


@compiled(int)
def _bury(now: datetime, error: str, id: int, attempts: int, me: str) -> QueryString:
    return QueryString(
        f'UPDATE "tasks_task" SET "state" = \'dead\', {FREE}, "ended_at" = {{}},'  # noqa: S608
        f' "last_error" = {{}} WHERE {MINE} RETURNING "id"',
        now,
        error,
        id,
        attempts,
        me,
    )


@compiled(int)
def _forget_dead(name: str, key: str) -> QueryString:
    return QueryString(
        'DELETE FROM "tasks_task" WHERE "name" = {} AND "key" = {} AND "state" = \'dead\''
        ' RETURNING "id"',
        name,
        key,
    )
