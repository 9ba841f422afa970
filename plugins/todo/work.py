"""Work away from requests: reminders, and forgetting what is old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from core import Task, User, enqueue, publish, send_mail, transaction

from . import tables
from .service import reminders, trash
from .settings import TodoSettings

AT_ONCE = 100
PORTION = 2000
UNDO_MINUTES = 10


class Told(msgspec.Struct, frozen=True):
    """A reminder, on the channel ``todo.user:<id>`` of whom it is for."""

    event: str
    task: int
    reminder: int
    title: str
    due: str | None


class Reminding(msgspec.Struct, frozen=True):
    """A reminder that was claimed: which one, for whom, of which task."""

    reminder: int
    task: int
    person: int


def tasks(settings: TodoSettings) -> Sequence[Task]:
    """Return the tasks of this plugin."""

    async def tidy() -> None:
        await trash.forget_old(settings.trash_days)
        await _forget_changes(settings.sync_days)

    async def tell(claimed: Reminding) -> None:
        await _tell(claimed, mail=settings.reminder_mail)

    return [
        Task(name="todo.remind", run=remind, every="15s"),
        Task(name="todo.tell_reminder", run=tell),
        Task(name="todo.tidy", run=tidy, every="10m"),
    ]


async def remind() -> None:
    """Claim the reminders that are due and hand each on, in one transaction."""
    while True:
        async with transaction():
            claimed = await reminders.claim(datetime.now(UTC), AT_ONCE)
            for each in claimed:
                told = Reminding(each["id"], each["task"], each["person"])
                await enqueue("todo.tell_reminder", told)
        if len(claimed) < AT_ONCE:
            return


async def _tell(claimed: Reminding, *, mail: bool) -> None:
    """Send a mail and a realtime message, both or none."""
    async with transaction():
        found = await tables.Task.select(tables.Task.title, tables.Task.due).where(
            tables.Task.id == claimed.task
        )
        people = await User.select(User.email).where(
            User.id == claimed.person, User.active.eq(True)
        )
        if not found or not people:
            return
        title, due = found[0]["title"], found[0]["due"]
        await publish(
            f"todo.user:{claimed.person}",
            Told("todo.reminder", claimed.task, claimed.reminder, title, due),
        )
        if mail:
            when = f"Due: {due.replace('T', ' ')}\n" if due else ""
            subject = f"Reminder: {' '.join(title.split())[:200]}"
            await send_mail(people[0]["email"], subject, f"{title}\n\n{when}")


async def _forget_changes(days: int) -> None:
    """Delete old changes and answers to commands, and what undo needs no more."""
    now = datetime.now(UTC)
    change, command = tables.Change, tables.Command
    await _forget_befores(now - timedelta(minutes=UNDO_MINUTES))
    before = now - timedelta(days=days + 1)
    await command.delete().where(command.created_at < before)
    while True:
        rows = await change.select(change.id, change.at).order_by(change.id).limit(PORTION)
        old = [row["id"] for row in rows if row["at"] < before]
        if old:
            await change.delete().where(change.id.is_in(old))
        if len(old) < PORTION:
            return


async def _forget_befores(until: datetime) -> None:
    """Clear how rows were before, from the newest back to where that was done already."""
    change, last = tables.Change, 2**62
    while True:
        portion = change.id.is_in(
            change.select(change.id)
            .where(change.id < last)
            .order_by(change.id, ascending=False)
            .limit(PORTION)
        )
        ends = await change.select(change.id, change.at).where(portion).order_by(change.id)
        cleared = (
            await change.update({change.before: None})
            .where(portion, change.at < until, change.before.is_not_null())
            .returning(change.id)
        )
        if not ends or (ends[-1]["at"] < until and not cleared):
            return
        last = ends[0]["id"]
