"""What happens to projects and tasks, told after the commit."""

from __future__ import annotations

from core import Event


class TaskEvent(Event, frozen=True):
    """Something happened to a task. ``actor_id`` is who did it."""

    task_id: int
    project_id: int
    actor_id: int
    version: int


class TaskCreated(TaskEvent, frozen=True):
    """Somebody added a task."""


class TaskUpdated(TaskEvent, frozen=True):
    """Somebody changed a task."""


class TaskMoved(TaskEvent, frozen=True):
    """Somebody moved a task; ``from_project_id`` is where it was before, maybe the same project."""

    from_project_id: int


class TaskCompleted(TaskEvent, frozen=True):
    """Somebody did a task; one that repeats is due again."""


class TaskReopened(TaskEvent, frozen=True):
    """Somebody opened a task again."""


class TaskDeleted(TaskEvent, frozen=True):
    """Somebody put a task into the trash."""


class TaskRestored(TaskEvent, frozen=True):
    """Somebody took a task out of the trash."""


class CommentAdded(TaskEvent, frozen=True):
    """Somebody wrote a comment."""


class CommentUpdated(TaskEvent, frozen=True):
    """Somebody changed a comment."""


class CommentDeleted(TaskEvent, frozen=True):
    """Somebody deleted a comment."""


class ProjectEvent(Event, frozen=True):
    """Something happened to a project."""

    project_id: int
    actor_id: int


class ProjectCreated(ProjectEvent, frozen=True):
    """Somebody added a project."""


class ProjectUpdated(ProjectEvent, frozen=True):
    """Somebody changed a project, or undid something in it."""


class ProjectDeleted(ProjectEvent, frozen=True):
    """Somebody put a project into the trash."""


class ProjectRestored(ProjectEvent, frozen=True):
    """Somebody took a project out of the trash."""


class ProjectShared(ProjectEvent, frozen=True):
    """Somebody shared a project, changed what a member may do, or stopped sharing."""

    person_id: int
