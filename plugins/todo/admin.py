"""What staff see of todo in the admin: projects and tasks to write, all else to read and delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from piccolo.columns import Column
from piccolo_admin.endpoints import TableConfig
from piccolo_api.crud.hooks import Hook, HookType

from .admin_rules import (
    add_project,
    add_task,
    change_project,
    change_task,
    refuse,
    refuse_change,
)
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


def panels() -> Sequence[TableConfig]:
    """Return the tables of the admin, with the columns worth seeing."""
    return [
        _panel(
            Project,
            [Project.id, Project.owner, Project.name, Project.archived, Project.trashed_at],
            [Hook(HookType.pre_save, add_project), Hook(HookType.pre_patch, change_project)],
        ),
        _panel(
            Task,
            [Task.id, Task.owner, Task.project, Task.title, Task.done, Task.priority],
            [Hook(HookType.pre_save, add_task), Hook(HookType.pre_patch, change_task)],
        ),
        _panel(Member, [Member.id, Member.project, Member.person, Member.role]),
        _panel(Comment, [Comment.id, Comment.task, Comment.author, Comment.created_at]),
        _panel(Completion, [Completion.id, Completion.task, Completion.person, Completion.due]),
        _panel(Label, [Label.id, Label.owner, Label.name]),
        _panel(Reminder, [Reminder.id, Reminder.task, Reminder.person, Reminder.fire_at]),
        _panel(Preference, [Preference.id, Preference.person, Preference.tz]),
        _panel(Feed, [Feed.id, Feed.person, Feed.created_at]),
        _panel(Command, [Command.id, Command.person, Command.uuid, Command.created_at]),
        _panel(Change, [Change.id, Change.scope, Change.kind, Change.thing, Change.at]),
    ]


def _panel(table: Any, shown: list[Column], hooks: list[Hook] | None = None) -> TableConfig:
    hooks = hooks or [Hook(HookType.pre_save, refuse), Hook(HookType.pre_patch, refuse_change)]
    return TableConfig(table, visible_columns=shown, visible_filters=shown[1:], hooks=hooks)
