"""Reminders: each fires once for what it was set to, however many workers look for them.

``fire_at`` is when it is to be told; it is worked out anew when the task is due at another time,
and cleared by the one statement that claims it, in the transaction that hands it on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from piccolo.columns.combination import WhereRaw

from core import (
    Invalid,
    NotFound,
    Page,
    columns,
    compiled,
    compiled_one,
    in_order,
    in_utc,
    limited,
    page,
    transaction,
)

from ..due import moment_of
from ..queries.clauses import changed, position_of
from ..schemas_more import NewReminder, ReminderOut, ReminderQuery
from ..tables import Preference, Reminder, Task
from .access import may_see_task
from .parts import note, number, portions

MOST = 20
USUAL = ("UTC", "09:00")


@compiled(ReminderOut)
def _listed(user: int, task: int, limit: int, *position: Any, sort: str) -> Any:
    query = Reminder.select(*columns(Reminder, ReminderOut))
    query = query.where(Reminder.task == task, Reminder.person == user)
    return limited(in_order(query, sort, position_of(position)), limit)


@compiled_one(int)
def _counted(user: int, task: int) -> Any:
    return Reminder.count().where(Reminder.task == task, Reminder.person == user)


async def some(user: int, task: int, query: ReminderQuery) -> Page[ReminderOut]:
    """Return a page of somebody's own reminders of a task. Raises NotFound."""
    await may_see_task(user, task)
    return await page(
        query,
        ReminderOut,
        lambda position, limit: _listed(user, task, limit, *(position or ()), sort=query.sort),
        lambda: number(_counted(user, task)),
    )


async def create(user: int, task: int, new: NewReminder) -> ReminderOut:
    """Add a reminder for oneself. Raises NotFound, Invalid."""
    if (new.at is None) == (new.before is None):
        raise Invalid("A reminder has either at or before: a moment, or minutes before it is due.")
    now = datetime.now(UTC)
    async with transaction():
        found = await may_see_task(user, task)
        if await number(_counted(user, task)) >= MOST:
            raise Invalid(f"A task has {MOST} reminders at most.")
        at = new.at and in_utc(new.at)
        place = (await _places_of([user])).get(user, USUAL)
        fire_at = at or _relative(found, new.before or 0, *place)
        row = Reminder(
            task=task,
            person=user,
            at=at,
            before=new.before,
            fire_at=None if found.done else fire_at,
            created_at=now,
            updated_at=now,
            changed_by=user,
        )
        added = await Reminder.insert(row).returning(*columns(Reminder, ReminderOut))
    note("reminder", added[0]["id"], 1)
    return ReminderOut(*added[0].values())


async def delete(user: int, task: int, id: int) -> None:
    """Delete a reminder of one's own. Raises NotFound."""
    mine = [Reminder.id == id, Reminder.task == task, Reminder.person == user]
    async with transaction():
        rows = (
            await changed(Reminder, {}, datetime.now(UTC), user)
            .where(*mine)
            .returning(Reminder.version)
        )
        if not rows:
            raise NotFound(f"You have no reminder {id} of this task.")
        await Reminder.delete().where(*mine)
    note("reminder", id, rows[0]["version"] + 1)


async def _places_of(people: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return the zone of people, and when their mornings are, if they have said so."""
    found: dict[int, tuple[str, str]] = {}
    for some in portions(sorted(people)):
        rows = await Preference.select(Preference.person, Preference.tz, Preference.morning).where(
            Preference.person.is_in(some)
        )
        found |= {row["person"]: (row["tz"], row["morning"]) for row in rows}
    return found


def _relative(task: Task, minutes: int, tz: str, morning: str) -> datetime | None:
    """Return the moment some minutes before a task is due, for somebody in ``tz``."""
    if task.due is None:
        return None
    moment = moment_of(task.due, task.due_tz or tz, morning=morning)
    return moment - timedelta(minutes=minutes)


async def reckon(user: int, tasks: Sequence[int]) -> None:
    """Work out when the reminders of tasks fire, after these are due at another time or open again.

    What was told of the same moment already is not told again.
    """
    for some in portions(tasks):
        await _reckon(user, [Reminder.task.is_in(some)])


async def reckon_for(user: int) -> None:
    """Work out when somebody's reminders fire, after they moved to another zone."""
    mine = [Reminder.person == user, Reminder.before.is_not_null()]
    await _reckon(user, [*mine, Reminder.fire_at.is_not_null()])


async def _reckon(by: int, which: list[Any]) -> None:
    waiting = await Reminder.objects().where(*which).order_by(Reminder.id)
    found = sorted({reminder.task for reminder in waiting})
    tasks: dict[int, Task] = {}
    for some in portions(found):
        rows = await Task.objects().where(Task.id.is_in(some))
        tasks |= {task.id: task for task in rows}
    places = await _places_of({reminder.person for reminder in waiting})
    alike: dict[datetime | None, list[int]] = {}
    for reminder in waiting:
        place = places.get(reminder.person, USUAL)
        task = tasks.get(reminder.task)
        if task and (fire_at := _next(reminder, task, *place)) != reminder.fire_at:
            alike.setdefault(fire_at, []).append(reminder.id)
    for moment, ids in alike.items():
        for few in portions(ids):
            change = changed(Reminder, {"fire_at": moment}, datetime.now(UTC), by)
            await change.where(Reminder.id.is_in(few))


def _next(reminder: Reminder, task: Task, tz: str, morning: str) -> datetime | None:
    """Return when a reminder is to be told next, if it is."""
    fire_at = reminder.at or _relative(task, reminder.before or 0, tz, morning)
    told = reminder.fired_at is not None and (fire_at is None or fire_at <= reminder.fired_at)
    return None if task.done or told else fire_at


SEEN_BY_THEM = (
    '"todo_reminder"."task" IN (SELECT t."id" FROM "todo_task" t WHERE t."id" ='
    ' "todo_reminder"."task" AND NOT t."done" AND t."trashed_at" IS NULL AND (t."owner" ='
    ' "todo_reminder"."person" OR EXISTS (SELECT 1 FROM "todo_member" m WHERE m."project" ='
    ' t."project" AND m."person" = "todo_reminder"."person")))'
)


async def claim(now: datetime, most: int) -> list[dict[str, Any]]:
    """Take reminders that are due: each is returned once, whoever asks at the same time.

    Those of tasks that are done, deleted or not shared any more are dropped.
    """
    due = (
        await Reminder.select(Reminder.id)
        .where(Reminder.fire_at <= now)
        .order_by(Reminder.fire_at)
        .limit(most)
    )
    told: list[dict[str, Any]] = []
    for each in due:
        waiting = [Reminder.id == each["id"], Reminder.fire_at <= now]
        told += (
            await Reminder.update({Reminder.fire_at: None, Reminder.fired_at: now})
            .where(*waiting, WhereRaw(SEEN_BY_THEM))
            .returning(Reminder.id, Reminder.task, Reminder.person)
        )
        await Reminder.update({Reminder.fire_at: None}).where(*waiting)
    return told
