"""The commands of the delta sync: each is carried out once, however often it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from piccolo.querystring import QueryString

from core import Body, IfMatch, Invalid, NotFound, Problem, compiled, transaction

from ..schemas import Move, NewProject, NewTask, ProjectChange, ProjectMove, TaskChange
from ..schemas_more import CommentChange, LabelChange, NewComment, NewLabel, NewReminder
from ..schemas_sync import Command, CommandOut
from ..tables import Command as Done
from . import arranging, comments, completing, labels, placing, projects, reminders, tasks, trash
from .parts import forget_since, noted

REFERENCES = ("id", "task", "project", "parent", "after", "before")
"""The arguments that may be a temporary id. ``before`` of a reminder is a number of minutes."""

Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Nothing(Body, frozen=True):
    """No arguments but the id."""


class Children(Body, frozen=True):
    """How to complete a task."""

    children: bool = False


class Target(msgspec.Struct, frozen=True):
    """What a command is about."""

    id: int
    task: int
    at: IfMatch


Run = Callable[[int, Target, Any], Awaitable[Any]]

KINDS: dict[str, tuple[type[Any], Run]] = {
    "project_add": (NewProject, lambda u, t, b: projects.create(u, b)),
    "project_update": (ProjectChange, lambda u, t, b: projects.change(u, t.id, b, t.at)),
    "project_delete": (Nothing, lambda u, t, b: trash.delete_project(u, t.id, t.at)),
    "project_move": (ProjectMove, lambda u, t, b: arranging.move(u, t.id, b, t.at)),
    "project_restore": (Nothing, lambda u, t, b: trash.restore_project(u, t.id)),
    "task_add": (NewTask, lambda u, t, b: tasks.create(u, b)),
    "task_update": (TaskChange, lambda u, t, b: tasks.change(u, t.id, b, t.at)),
    "task_move": (Move, lambda u, t, b: placing.move(u, t.id, b, t.at)),
    "task_complete": (
        Children,
        lambda u, t, b: completing.complete(u, t.id, t.at, children=b.children),
    ),
    "task_reopen": (Nothing, lambda u, t, b: completing.reopen(u, t.id, t.at)),
    "task_delete": (Nothing, lambda u, t, b: trash.delete(u, t.id, t.at)),
    "task_restore": (Nothing, lambda u, t, b: trash.restore(u, t.id)),
    "comment_add": (NewComment, lambda u, t, b: comments.create(u, t.task, b)),
    "comment_update": (CommentChange, lambda u, t, b: comments.change(u, t.task, t.id, b, t.at)),
    "comment_delete": (Nothing, lambda u, t, b: comments.delete(u, t.task, t.id, t.at)),
    "label_add": (NewLabel, lambda u, t, b: labels.create(u, b)),
    "label_update": (LabelChange, lambda u, t, b: labels.change(u, t.id, b, t.at)),
    "label_delete": (Nothing, lambda u, t, b: labels.delete(u, t.id, t.at)),
    "reminder_add": (NewReminder, lambda u, t, b: reminders.create(u, t.task, b)),
    "reminder_delete": (Nothing, lambda u, t, b: reminders.delete(u, t.task, t.id)),
}


@compiled(int)
def _claim(user: int, uuid: str, temp_id: str | None, now: datetime) -> Any:
    return QueryString(
        'INSERT INTO "todo_command" ("person", "uuid", "temp_id", "status", "created_at")'
        " VALUES ({}, {}, {}, {}, {}) ON CONFLICT DO NOTHING RETURNING id",
        *(user, uuid, temp_id, "", now),
    )


async def carry_out(
    user: int, given: list[Command]
) -> tuple[dict[str, CommandOut], dict[str, int]]:
    """Carry out commands one after the other; return their answers, and the ids of temporary ones.

    Each is a transaction of its own, with the note that it was carried out: it happens once or, if
    it fails, not at all; the answer is the same every time it is sent.
    """
    answers: dict[str, CommandOut] = {}
    ids: dict[str, int] = {}
    for command in given:
        async with transaction():
            answer = await _once(user, command)
        answers[command.uuid] = answer
        if command.temp_id is not None and answer.id is not None:
            ids[command.temp_id] = answer.id
    return answers, ids


async def _once(user: int, command: Command) -> CommandOut:
    uuid = command.uuid.lower()
    if not await _claim(user, uuid, command.temp_id, datetime.now(UTC)):
        rows = await Done.select(Done.status).where(Done.person == user, Done.uuid == uuid)
        return msgspec.json.decode(rows[0]["status"], type=CommandOut)
    before = noted()
    try:
        async with transaction():
            answer = await _answer(user, command)
    except Problem as problem:
        forget_since(before)
        answer = CommandOut("error", code=problem.code, detail=problem.detail)
    await Done.update(
        {Done.status: msgspec.json.encode(answer).decode(), Done.thing: answer.id}
    ).where(Done.person == user, Done.uuid == uuid)
    return answer


async def _answer(user: int, command: Command) -> CommandOut:
    kind, run = KINDS[command.type]
    target, arguments = await _read(user, command)
    try:
        body = msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        raise Invalid(f"{error} (in args of {command.type}).") from None
    result = await run(user, target, body)
    return CommandOut(
        "ok", getattr(result, "id", target.id or None), getattr(result, "version", None)
    )


async def _read(user: int, command: Command) -> tuple[Target, dict[str, Any]]:
    """Return what a command is about, and its other arguments with real ids."""
    arguments = dict(command.args)
    for name in REFERENCES:
        if isinstance(arguments.get(name), str):
            arguments[name] = await _real(user, arguments[name])
    adds = command.type.endswith("_add")
    needs_task = command.type.startswith(("comment_", "reminder_"))
    id = 0 if adds else _id(arguments.pop("id", None), "id")
    task = _id(arguments.pop("task", None), "task") if needs_task else 0
    version = arguments.pop("version", None)
    at = IfMatch([] if version is None else [_id(version, "version")])
    return Target(id, task, at), arguments


async def _real(user: int, temp_id: str) -> int:
    rows = (
        await Done.select(Done.thing)
        .where(Done.person == user, Done.temp_id == temp_id[:64], Done.thing.is_not_null())
        .order_by(Done.id, ascending=False)
        .limit(1)
    )
    if not rows:
        raise NotFound(f"No command has made anything called {temp_id[:64]!r}.")
    thing: int = rows[0]["thing"]
    return thing


def _id(value: Any, name: str) -> int:
    try:
        return msgspec.convert(value, Id)
    except msgspec.ValidationError:
        wanted = "a version" if name == "version" else "an id, or the temp_id of a command before"
        raise Invalid(f"args.{name} must be {wanted}.") from None
