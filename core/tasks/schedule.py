"""Periodic tasks: each turn is enqueued once, whichever host notices first that it has come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from piccolo.querystring import QueryString

from core.db.compiled import compiled
from core.db.engine import transaction
from core.tasks.task import Task

KEY = "every"
"""The key of what is enqueued; while it waits or runs, no further turn is."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Turn(msgspec.Struct, frozen=True):
    """When a task is next due, and the seconds between two of its turns."""

    at: datetime
    seconds: int

    def is_astray(self, now: datetime) -> bool:
        """Tell whether it is further away than it can be: it was set by a clock that was wrong."""
        return self.at - now > timedelta(seconds=2 * self.seconds)


class Timetable:
    """The periodic tasks of a runner, and when each is next due as far as it knows."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = {task.name: task for task in tasks if task.every is not None}
        self._next: dict[str, Turn] = {}
        self._is_read = False

    async def read(self, now: datetime) -> None:
        """Write down new tasks and changed intervals, and read when each is due."""
        for task in self._tasks.values():
            await _declare(task.name, task.seconds, following(now, task.seconds))
        rows = await _all() if self._tasks else []
        self._next = {name: turn for name, turn in rows if name in self._tasks}

    async def keep_up(self, now: datetime) -> None:
        """Enqueue what is due, at a runner's every look; costs nothing while nothing is."""
        if not self._is_read:
            await self.read(now)
            self._is_read = True
        await self.enqueue_due(now)

    @property
    def next(self) -> datetime | None:
        """When the next turn of any task is due, as far as this runner knows."""
        return min((turn.at for turn in self._next.values()), default=None)

    async def enqueue_due(self, now: datetime) -> int:
        """Enqueue what is due, one turn each even if many were missed; return how many."""
        for name in [name for name, turn in self._next.items() if turn.is_astray(now)]:
            await self._turn(name, now, enqueues=False)
        due = [name for name, turn in self._next.items() if turn.at <= now]
        moved = [await self._turn(name, now) for name in due]
        return sum(moved)

    async def _turn(self, name: str, now: datetime, *, enqueues: bool = True) -> bool:
        """Move on to the turn that follows now, if nobody else has; True if it was us."""
        task, old = self._tasks[name], self._next[name]
        new = Turn(following(now, task.seconds), task.seconds)
        async with transaction():
            won = bool(await _move(name, old.at, new.at))
            if won and enqueues:
                await _enqueue(name, now)
        self._next[name] = new if won else await self._read_again(name, new)
        return won

    async def _read_again(self, name: str, default: Turn) -> Turn:
        return dict(await _all()).get(name, default)


def following(now: datetime, seconds: int) -> datetime:
    """Return the next turn after ``now``: the same on every host, whenever it was started."""
    passed = int((now - EPOCH).total_seconds()) // seconds
    return EPOCH + timedelta(seconds=(passed + 1) * seconds)


@compiled(int)
def _declare(name: str, seconds: int, next_at: datetime) -> QueryString:
    return QueryString(
        'INSERT INTO "tasks_schedule" ("name", "seconds", "next_at") VALUES ({}, {}, {})'
        ' ON CONFLICT ("name") DO UPDATE SET "seconds" = excluded."seconds",'
        ' "next_at" = excluded."next_at"'
        ' WHERE "tasks_schedule"."seconds" <> excluded."seconds" RETURNING "id"',
        name,
        seconds,
        next_at,
    )


@compiled(lambda name, next_at, seconds: (name, Turn(next_at, seconds)))
def _all() -> QueryString:
    return QueryString('SELECT "name", "next_at", "seconds" FROM "tasks_schedule"')


@compiled(int)
def _move(name: str, old: datetime, new: datetime) -> QueryString:
    return QueryString(
        'UPDATE "tasks_schedule" SET "next_at" = {} WHERE "name" = {} AND "next_at" = {}'
        ' RETURNING "id"',
        new,
        name,
        old,
    )


@compiled(int)
def _enqueue(name: str, now: datetime) -> QueryString:
    return QueryString(
        'INSERT INTO "tasks_task" ("name", "payload", "key", "run_at", "created_at", "attempts",'
        ' "state", "claimed_by", "last_error")'
        " SELECT {}, '', 'every', {}, {}, 0, 'waiting', '', ''"
        ' WHERE NOT EXISTS (SELECT 1 FROM "tasks_task"'
        " WHERE \"name\" = {} AND \"key\" = 'every' AND \"state\" IN ('waiting', 'running'))"
        ' RETURNING "id"',
        name,
        now,
        now,
        name,
    )
