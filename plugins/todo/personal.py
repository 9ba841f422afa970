"""What todo keeps about somebody: to take along, and to delete.

Projects of theirs go with them, also those that they share: who wants to leave one to somebody else
gives it away before. What they wrote in projects of others stays there without their name.
"""

from __future__ import annotations

from typing import Any

from core import recheck

from .tables import (
    Change,
    Command,
    Comment,
    Completion,
    Feed,
    Label,
    Member,
    Preference,
    Project,
    Reminder,
    Task,
)


async def export(user: int) -> dict[str, Any]:
    """Return all that is somebody's: their projects with what is in them, and what they wrote."""
    owned = Project.select(Project.id).where(Project.owner == user)
    mine = Task.select(Task.id).where(Task.owner == user)
    return {
        "projects": await Project.select().where(Project.owner == user).order_by(Project.id),
        "tasks": await Task.select().where(Task.owner == user).order_by(Task.id),
        "completions": await Completion.select()
        .where((Completion.person == user) | Completion.task.is_in(mine))
        .order_by(Completion.id),
        "comments": await Comment.select().where(Comment.author == user).order_by(Comment.id),
        "labels": await Label.select().where(Label.owner == user).order_by(Label.id),
        "reminders": await Reminder.select().where(Reminder.person == user).order_by(Reminder.id),
        "members": await Member.select()
        .where((Member.person == user) | Member.project.is_in(owned))
        .order_by(Member.id),
        "preferences": await Preference.select().where(Preference.person == user),
        "feeds": await Feed.select(Feed.id, Feed.created_at).where(Feed.person == user),
        "commands": await Command.select().where(Command.person == user).order_by(Command.id),
    }


async def delete(user: int) -> None:
    """Delete what is somebody's, and their name from what stays."""
    projects = await Project.select(Project.id).where(Project.owner == user)
    ids = [row["id"] for row in projects]
    await Task.delete().where(Task.owner == user)
    await Project.delete().where(Project.owner == user)
    theirs: list[Any] = [Member, Reminder, Preference, Feed, Command]
    for table in theirs:
        await table.delete().where(table.person == user)
    await Label.delete().where(Label.owner == user)
    await Comment.update({Comment.author: None}).where(Comment.author == user)
    await Completion.update({Completion.person: None}).where(Completion.person == user)
    others: list[Any] = [Project, Task, Member, Comment, Completion]
    for table in others:
        await table.update({table.changed_by: None}).where(table.changed_by == user)
    # Members of the projects that went still hear that they are gone: that is told to them alone.
    await Change.delete().where(Change.scope.is_in([-user, *ids]))
    await Change.update({Change.person: None, Change.before: None}).where(Change.person == user)
    for id in ids:
        await recheck(f"todo.project:{id}")
