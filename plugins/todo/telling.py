"""Tells the realtime channels what changed: ``todo.project:12`` and ``todo.user:3``.

In a worker, changes of a tenth of a second are told together, apart from the requests that made
them: a message is a row of its own, and would cost as much as the change. If a worker is killed in
that time its messages are lost, and the next one, or the delta sync, brings clients up to date. A
command tells each change at once: nobody is there to do it later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from contextvars import copy_context
from typing import Any

import msgspec

from core import CurrentUser, publish, transaction

from .events import (
    CommentAdded,
    CommentDeleted,
    CommentUpdated,
    ProjectCreated,
    ProjectDeleted,
    ProjectEvent,
    ProjectRestored,
    ProjectShared,
    ProjectUpdated,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskEvent,
    TaskMoved,
    TaskReopened,
    TaskRestored,
    TaskUpdated,
)
from .service.access import role_in

log = logging.getLogger("tenfold.todo")

WAIT = 0.1
PATIENCE = 5.0
MOST = 200
"""How many changes a message names; of more it only says that there were some."""


class Happened(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change: the name of its event, and what it is about."""

    event: str
    task: int | None = None
    version: int | None = None
    person: int | None = None


class Changes(msgspec.Struct, frozen=True):
    """What happened in a project. Read it anew, by ``POST /sync``."""

    project: int
    changes: list[Happened]
    complete: bool


class Soon:
    """What one worker tells a little later."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._waiting: dict[str, tuple[int, list[Happened]]] = {}
        self._telling: asyncio.Task[None] | None = None
        self._begun_in = copy_context()  # what is told is no part of the request it begins with

    def add(self, channel: str, project: int, happened: Happened) -> None:
        """Tell this soon, with what else happens until then."""
        self._waiting.setdefault(channel, (project, []))[1].append(happened)
        if self._telling is None:
            self._telling = self.loop.create_task(self._tell_soon(), context=self._begun_in)

    async def _tell_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(WAIT)
            told, self._waiting = self._waiting, {}
            try:
                async with transaction() if len(told) > 1 else nullcontext():
                    for channel, (project, changes) in told.items():
                        await _publish(channel, project, changes)
            except Exception:
                log.exception("What changed could not be told to %s.", ", ".join(told))
        self._telling = None

    async def close(self) -> None:
        """Wait until everything is told, unless the database takes too long."""
        if self._telling is not None:
            await asyncio.wait({self._telling}, timeout=PATIENCE)


_workers: list[Soon] = []
"""The workers of this process; there may be several in one that tests."""


async def task_changed(event: TaskEvent) -> None:
    """Hear that something happened to a task; the project that it left hears of it too."""
    happened = Happened(event.name(), event.task_id, event.version)
    left = {event.from_project_id} if isinstance(event, TaskMoved) else set[int]()
    for project in {event.project_id} | left:
        await _add(f"todo.project:{project}", project, happened)


async def project_changed(event: ProjectEvent) -> None:
    """Hear that something happened to a project; tell who did it, too, and who it concerns."""
    person = event.person_id if isinstance(event, ProjectShared) else None
    happened = Happened(event.name(), person=person)
    people = {event.actor_id, person} - {None}
    for channel in (f"todo.project:{event.project_id}", *(f"todo.user:{id}" for id in people)):
        await _add(channel, event.project_id, happened)


async def _add(channel: str, project: int, happened: Happened) -> None:
    here = asyncio.get_running_loop()
    for worker in reversed(_workers):
        if worker.loop is here:
            worker.add(channel, project, happened)
            return
    await _publish(channel, project, [happened])


async def _publish(channel: str, project: int, changes: list[Happened]) -> None:
    await publish(channel, Changes(project, changes[:MOST], len(changes) <= MOST))


@asynccontextmanager
async def telling() -> AsyncIterator[None]:
    """Tell what happens soon, and the rest before the worker stops."""
    worker = Soon()
    _workers.append(worker)
    try:
        yield
    finally:
        _workers.remove(worker)
        await worker.close()


async def may_follow_project(user: CurrentUser, rest: str) -> bool:
    """Tell whether somebody may follow a project."""
    if "todo.read" not in user.permissions or not rest.isascii() or not rest.isdigit():
        return False
    return 0 < int(rest[:12]) < 2**31 and await role_in(user.id, int(rest[:12])) is not None


async def may_follow_user(user: CurrentUser, rest: str) -> bool:
    """Tell whether somebody may follow a person: everybody themselves."""
    return "todo.read" in user.permissions and rest == str(user.id)


TASK_EVENTS = (
    TaskCreated,
    TaskUpdated,
    TaskMoved,
    TaskCompleted,
    TaskReopened,
    TaskDeleted,
    TaskRestored,
    CommentAdded,
    CommentUpdated,
    CommentDeleted,
)
PROJECT_EVENTS = (
    ProjectCreated,
    ProjectUpdated,
    ProjectDeleted,
    ProjectRestored,
    ProjectShared,
)


def handlers() -> Mapping[str, Any]:
    """Return what todo hears of itself."""
    found: dict[str, Any] = {}
    found.update((event.name(), task_changed) for event in TASK_EVENTS)
    found.update((event.name(), project_changed) for event in PROJECT_EVENTS)
    return found
