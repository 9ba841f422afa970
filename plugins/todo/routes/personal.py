"""What is somebody's own: labels, trash, preferences, calendar feed; sync and undo."""

from __future__ import annotations

import hashlib
from typing import ClassVar
from urllib.parse import urlsplit

from sanic import Blueprint, Request

from core import CurrentUser, Download, Forbidden, IfMatch, Page, endpoint, origin_of

from ..schemas import TrashedOut, TrashedProjectOut, TrashQuery
from ..schemas_more import (
    FeedOut,
    FeedQuery,
    LabelChange,
    LabelOut,
    LabelQuery,
    NewLabel,
    PreferencesChange,
    PreferencesOut,
)
from ..schemas_sync import SyncIn, SyncOut, UndoIn, UndoOut
from ..service import commands, feed, labels, preferences, sync, trash
from ..service import undo as undo_service
from ..settings import TodoSettings
from .undoable import undoable

personal = Blueprint("todo_personal")


class CalendarFile(Download, frozen=True):
    """A calendar (RFC 5545)."""

    media_type: ClassVar[str] = "text/calendar; charset=utf-8"


@personal.get("/labels")
@endpoint("todo.read")
async def list_labels(user: CurrentUser, query: LabelQuery) -> Page[LabelOut]:
    """List my labels."""
    return await labels.some(user.id, query)


@personal.post("/labels")
@endpoint("todo.write", status=201)
@undoable
async def create_label(user: CurrentUser, body: NewLabel) -> LabelOut:
    """Add a label."""
    return await labels.create(user.id, body)


@personal.get("/labels/<id:int>")
@endpoint("todo.read")
async def read_label(user: CurrentUser, id: int) -> LabelOut:
    """Read a label."""
    return await labels.read(user.id, id)


@personal.patch("/labels/<id:int>")
@endpoint("todo.write")
@undoable
async def change_label(
    user: CurrentUser, id: int, body: LabelChange, if_match: IfMatch
) -> LabelOut:
    """Change a label, also on my tasks."""
    return await labels.change(user.id, id, body, if_match)


@personal.delete("/labels/<id:int>")
@endpoint("todo.write")
@undoable
async def delete_label(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Delete a label, also from my tasks."""
    await labels.delete(user.id, id, if_match)


@personal.get("/trash")
@endpoint("todo.read")
async def list_trash(user: CurrentUser, query: TrashQuery) -> Page[TrashedOut]:
    """List the tasks in the trash."""
    return await trash.some(user.id, query)


@personal.delete("/trash/<id:int>")
@endpoint("todo.write")
async def purge_task(user: CurrentUser, id: int) -> None:
    """Delete a task that is in the trash for ever."""
    await trash.purge(user.id, id)


@personal.delete("/trash")
@endpoint("todo.write")
async def empty_trash(user: CurrentUser) -> None:
    """Delete all of mine that is in the trash for ever."""
    await trash.empty(user.id)


@personal.get("/trash/projects")
@endpoint("todo.read")
async def list_trashed_projects(user: CurrentUser, query: TrashQuery) -> Page[TrashedProjectOut]:
    """List my projects in the trash."""
    return await trash.some_projects(user.id, query)


@personal.delete("/trash/projects/<id:int>")
@endpoint("todo.write")
async def purge_project(user: CurrentUser, id: int) -> None:
    """Delete a project that is in the trash for ever, with all that is in it."""
    await trash.purge_project(user.id, id)


@personal.get("/preferences")
@endpoint("todo.read")
async def read_preferences(user: CurrentUser) -> PreferencesOut:
    """Read where I live and when my days begin."""
    return await preferences.read(user.id)


@personal.patch("/preferences")
@endpoint("todo.write")
async def change_preferences(
    user: CurrentUser, body: PreferencesChange, if_match: IfMatch
) -> PreferencesOut:
    """Change where I live and when my days begin."""
    return await preferences.change(user.id, body, if_match)


@personal.get("/feed")
@endpoint("todo.read")
async def read_feed(user: CurrentUser) -> FeedOut:
    """Tell whether I have a calendar feed."""
    return await feed.read(user.id)


@personal.post("/feed")
@endpoint("todo.write", replay=False)
async def make_feed(user: CurrentUser, request: Request) -> FeedOut:
    """Make a new secret address for my calendar feed; the old one ends."""
    return await feed.make(user.id, f"{origin_of(request)}/api/v1/todo/feed.ics")


@personal.delete("/feed")
@endpoint("todo.write")
async def revoke_feed(user: CurrentUser) -> None:
    """End my calendar feed."""
    await feed.revoke(user.id)


@personal.get("/feed.ics")
@endpoint(None, limit="60/minute")
async def read_calendar(query: FeedQuery, request: Request) -> CalendarFile:
    """Read the calendar behind a secret address."""
    host = urlsplit(origin_of(request)).hostname or "localhost"
    body = await feed.calendar(query.token, host)
    return CalendarFile(body, "tasks.ics", hashlib.sha256(body).hexdigest()[:32])


@personal.post("/sync")
@endpoint("todo.read")
@undoable
async def synchronise(user: CurrentUser, body: SyncIn, settings: TodoSettings) -> SyncOut:
    """Carry out commands once, and tell what changed since last time.

    Commands need the permission todo.write.
    """
    if body.commands and "todo.write" not in user.permissions:
        raise Forbidden("Commands need the permission todo.write.")
    answers, ids = await commands.carry_out(user.id, body.commands)
    return await sync.pull(user.id, body, settings, answers, ids)


@personal.post("/undo")
@endpoint("todo.write")
@undoable
async def undo(user: CurrentUser, body: UndoIn) -> UndoOut:
    """Undo what an answer with the header Undo told, for five minutes."""
    return await undo_service.undo(user.id, body.token)
