"""What a client may be told, but for what core says already."""

from __future__ import annotations

from core import Conflict, Invalid


class InboxStays(Conflict):
    """The inbox can neither be deleted, archived nor shared."""

    code, title = "inbox_stays", "The inbox stays"


class NoSuchProject(Invalid):
    """The project named is not there, or somebody else's."""

    code, title = "no_such_project", "No such project"


class NoSuchTask(Invalid):
    """The task named as parent, or as place to move to, is not there."""

    code, title = "no_such_task", "No such task"


class BadParent(Invalid):
    """Sub-tasks go one level deep, and stay in the project of their parent."""

    code, title = "bad_parent", "Not a parent"


class OpenChildren(Conflict):
    """The task has sub-tasks that are still open."""

    code, title = "open_children", "Sub-tasks are open"


class InTrash(Conflict):
    """What the task belongs to is in the trash itself."""

    code, title = "in_trash", "In the trash"


class ChangedMeanwhile(Conflict):
    """Somebody else changed the same things at the same time."""

    code, title = "changed_meanwhile", "Changed since then"


class CannotUndo(Conflict):
    """What was done has been changed since, or undone already."""

    code, title = "cannot_undo", "Cannot be undone"
