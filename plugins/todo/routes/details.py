"""What hangs on a task: comments, completions, reminders."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, IfMatch, Page, endpoint

from ..schemas_more import (
    CommentChange,
    CommentOut,
    CommentQuery,
    CompletionOut,
    CompletionQuery,
    NewComment,
    NewReminder,
    ReminderOut,
    ReminderQuery,
    StreakOut,
)
from ..service import comments, history, reminders
from .undoable import undoable

details = Blueprint("todo_details", url_prefix="/tasks")


@details.get("/<id:int>/comments")
@endpoint("todo.read")
async def list_comments(user: CurrentUser, id: int, query: CommentQuery) -> Page[CommentOut]:
    """List the comments of a task."""
    return await comments.some(user.id, id, query)


@details.post("/<id:int>/comments")
@endpoint("todo.write", status=201)
@undoable
async def add_comment(user: CurrentUser, id: int, body: NewComment) -> CommentOut:
    """Comment on a task."""
    return await comments.create(user.id, id, body)


@details.get("/<id:int>/comments/<comment:int>")
@endpoint("todo.read")
async def read_comment(user: CurrentUser, id: int, comment: int) -> CommentOut:
    """Read a comment."""
    return await comments.read(user.id, id, comment)


@details.patch("/<id:int>/comments/<comment:int>")
@endpoint("todo.write")
@undoable
async def change_comment(
    user: CurrentUser, id: int, comment: int, body: CommentChange, if_match: IfMatch
) -> CommentOut:
    """Change a comment of mine."""
    return await comments.change(user.id, id, comment, body, if_match)


@details.delete("/<id:int>/comments/<comment:int>")
@endpoint("todo.write")
@undoable
async def delete_comment(user: CurrentUser, id: int, comment: int, if_match: IfMatch) -> None:
    """Delete a comment of mine, or any in a project of mine."""
    await comments.delete(user.id, id, comment, if_match)


@details.get("/<id:int>/completions")
@endpoint("todo.read")
async def list_completions(
    user: CurrentUser, id: int, query: CompletionQuery
) -> Page[CompletionOut]:
    """List the times that a task was done."""
    return await history.completions(user.id, id, query)


@details.get("/<id:int>/streak")
@endpoint("todo.read")
async def read_streak(user: CurrentUser, id: int) -> StreakOut:
    """Tell how often a task was done without a gap."""
    return await history.streak(user.id, id)


@details.get("/<id:int>/reminders")
@endpoint("todo.read")
async def list_reminders(user: CurrentUser, id: int, query: ReminderQuery) -> Page[ReminderOut]:
    """List my reminders of a task."""
    return await reminders.some(user.id, id, query)


@details.post("/<id:int>/reminders")
@endpoint("todo.write", status=201)
@undoable
async def add_reminder(user: CurrentUser, id: int, body: NewReminder) -> ReminderOut:
    """Have me reminded of a task."""
    return await reminders.create(user.id, id, body)


@details.delete("/<id:int>/reminders/<reminder:int>")
@endpoint("todo.write")
@undoable
async def delete_reminder(user: CurrentUser, id: int, reminder: int) -> None:
    """Delete a reminder of mine."""
    await reminders.delete(user.id, id, reminder)
