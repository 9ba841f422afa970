"""Leave work for later: a row, in the transaction around it if there is one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from piccolo.querystring import QueryString

from core.db.compiled import compiled, compiled_new, compiled_one
from core.db.engine import engine
from core.tasks.task import encoded, find
from core.tasks.waking import QUIET, TELL

LONGEST_KEY = 200


async def enqueue(
    name: str,
    payload: msgspec.Struct | None = None,
    *,
    run_at: datetime | None = None,
    key: str | None = None,
) -> int:
    """Have the task ``name`` run once, not before ``run_at``; return the id of its row.

    Of tasks with the same name and ``key`` one waits at most: the time and the payload given last
    count. Two of them never run at once. Raises LookupError for a task that no enabled plugin has,
    TypeError for a payload it does not take, ValueError for a key of over 200 characters and a time
    without a zone.
    """
    task, now = find(name), datetime.now(UTC)
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise ValueError(f"A key has 1 to {LONGEST_KEY} characters.")
    if run_at is not None and run_at.tzinfo is None:
        raise ValueError("run_at needs a time zone.")
    when = run_at.astimezone(UTC) if run_at else now
    is_postgres = engine().engine_type == "postgres"
    shape = {
        "at_once": is_postgres and run_at is None,
        "tells": is_postgres and when < now + timedelta(seconds=QUIET),
    }
    return await _add(name, encoded(task, payload), key, when, now, **shape)


@compiled_new(int)
def _add(
    name: str,
    payload: str,
    key: str | None,
    run_at: datetime,
    now: datetime,
    *,
    at_once: bool,
    tells: bool,
) -> QueryString:
    """Write the row. ``at_once``: due by the database's clock, should this host's be ahead."""
    when = "least({}, clock_timestamp())" if at_once else "{}"
    insert = (
        'INSERT INTO "tasks_task" ("name", "payload", "key", "run_at", "created_at", "attempts",'  # noqa: S608
        ' "state", "claimed_by", "last_error")'
        f" VALUES ({{}}, {{}}, {{}}, {when}, {{}}, 0, 'waiting', '', '')"
        ' ON CONFLICT ("name", "key") WHERE "state" = \'waiting\' AND "key" IS NOT NULL'
        ' DO UPDATE SET "payload" = excluded."payload", "run_at" = excluded."run_at",'
        ' "attempts" = 0, "last_error" = \'\' RETURNING "id"'
    )
    if tells:
        insert = f'WITH "added" AS ({insert}), "told" AS ({TELL}) SELECT "id" FROM "added", "told"'  # noqa: S608
    return QueryString(insert, name, payload, key, run_at, now)


async def cancel(name: str, key: str) -> bool:
    """Remove the waiting task with this name and key; False when none waits."""
    return bool(await _remove(name, key))


@compiled(int)
def _remove(name: str, key: str) -> QueryString:
    return QueryString(
        'DELETE FROM "tasks_task" WHERE "name" = {} AND "key" = {} AND "state" = \'waiting\''
        ' RETURNING "id"',
        name,
        key,
    )


class Counts(msgspec.Struct, frozen=True):
    """How much there is to do. ``oldest``: seconds that what is due has waited for, at most."""

    waiting: int
    running: int
    dead: int
    oldest: float


async def counts() -> Counts:
    """Return how much waits, runs and was given up."""
    now = datetime.now(UTC)
    waiting, running, dead, oldest = await _count(now) or (0, 0, 0, None)
    since = datetime.fromisoformat(oldest) if isinstance(oldest, str) else oldest
    late = (now - since.replace(tzinfo=UTC)).total_seconds() if since else 0.0
    return Counts(waiting, running, dead, late)


@compiled_one(lambda *row: row)
def _count(now: datetime) -> QueryString:
    states = ", ".join(
        f"count(CASE WHEN \"state\" = '{state}' THEN 1 END)"
        for state in ("waiting", "running", "dead")
    )
    due = 'min(CASE WHEN "state" = \'waiting\' AND "run_at" <= {} THEN "run_at" END)'
    return QueryString(f'SELECT {states}, {due} FROM "tasks_task"', now)  # noqa: S608
