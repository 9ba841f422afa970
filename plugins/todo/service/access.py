"""Who may do what, for changes of several rows: they are locked, projects before tasks, by id.

Whoever changes more than one row of a project locks the project first, so that two such changes
wait for each other instead of blocking each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from core import Forbidden, IfMatch, NotFound, Problem, locked, stale

from ..queries.clauses import seen
from ..tables import Member, Project, Task
from .errors import ChangedMeanwhile, NoSuchProject
from .parts import portions

VIEWER = "You may view this project, but not change what is in it."


async def role_in(user: int, project: int) -> str | None:
    """Return what somebody is in a project: owner, editor, viewer, or None for a stranger."""
    found = await Project.select(Project.owner).where(
        Project.id == project, seen("project", user), Project.trashed_at.is_null()
    )
    if not found:
        return None
    if found[0]["owner"] == user:
        return "owner"
    roles = await Member.select(Member.role).where(Member.project == project, Member.person == user)
    return roles[0]["role"] if roles else None


async def require_role(user: int, project: int, *roles: str) -> None:
    """Raise NotFound for a project that somebody may not see, Forbidden for one they only see."""
    role = await role_in(user, project)
    if role is None:
        raise NotFound(f"You have no project {project}.")
    if role not in roles:
        raise Forbidden(VIEWER if role == "viewer" else "Only the owner of a project may do this.")


async def destination(user: int, project: int) -> None:
    """Raise NoSuchProject or Forbidden unless somebody may put tasks into a project."""
    role = await role_in(user, project)
    if role is None:
        raise NoSuchProject(f"You have no project {project}.")
    if role == "viewer":
        raise Forbidden(VIEWER)


async def lock_projects(ids: Iterable[int]) -> dict[int, Project]:
    """Lock projects, whoever they belong to, and return them by id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await locked(Project.objects().where(Project.id.is_in(wanted)).order_by(Project.id))
    return {row.id: row for row in rows}


async def lock_tasks(
    user: int, ids: Collection[int], *, also: Collection[int] = (), trashed: bool | None = False
) -> dict[int, Task]:
    """Lock tasks that somebody may change, and their projects, and return them by id.

    ``also``: further projects to lock. ``trashed``: whether they are in the trash; None for either.
    Raises NotFound, Forbidden.
    """
    wanted = dict.fromkeys(ids, IfMatch())
    found, refused = await lock_those(user, wanted, also=also, trashed=trashed)
    for problem in refused.values():
        raise problem
    return found


async def lock_those(
    user: int,
    wanted: Mapping[int, IfMatch],
    *,
    also: Collection[int] = (),
    trashed: bool | None = False,
) -> tuple[dict[int, Task], dict[int, Problem]]:
    """Lock tasks by id, each at one of its versions (empty: any); return those somebody may change.

    And of the others, why not: NotFound, Forbidden, PreconditionFailed.
    """
    if not wanted:
        return {}, {}
    where: list[Any] = [Task.id.is_in(sorted(wanted)), seen("task", user)]
    if trashed is not None:
        where.append(Task.trashed_at.is_not_null() if trashed else Task.trashed_at.is_null())
    projects = await Task.select(Task.project).where(*where)
    held = await lock_projects([*also, *(row["project"] for row in projects)])
    rows = await locked(Task.objects().where(*where).order_by(Task.id))
    found = {row.id: row for row in rows}
    closed = await _closed(user, [held[id] for id in {row.project for row in rows} & held.keys()])
    refused: dict[int, Problem] = {}
    for id, at in sorted(wanted.items()):
        if id not in found:
            refused[id] = NotFound(f"You have no task {id}.")
        elif found[id].project not in held:
            refused[id] = ChangedMeanwhile("A task was moved by somebody else. Try again.")
        elif found[id].project in closed:
            refused[id] = closed[found[id].project]
        elif at and found[id].version not in at:
            refused[id] = stale(found[id], "task")
    return {id: task for id, task in found.items() if id not in refused}, refused


async def _closed(user: int, held: Iterable[Project]) -> dict[int, Problem]:
    """Return the projects, of some that are locked, that somebody may not change, and why."""
    found: dict[int, Problem] = {}
    for project in held:
        if project.owner != user:
            try:
                await require_role(user, project.id, "owner", "editor")
            except Problem as problem:
                found[project.id] = problem
    return found


async def parts_of(ids: Sequence[int]) -> dict[int, list[Task]]:
    """Return the sub-tasks of tasks that are locked, but for those in the trash."""
    found: dict[int, list[Task]] = {}
    for some in portions(ids):
        inside = [Task.parent.is_in(some), Task.trashed_at.is_null()]
        for part in await Task.objects().where(*inside).order_by(Task.id):
            found.setdefault(part.parent, []).append(part)
    return found


async def may_see_task(user: int, id: int) -> Task:
    """Return a task that somebody may see. Raises NotFound."""
    rows = await Task.objects().where(Task.id == id, seen("task", user), Task.trashed_at.is_null())
    if not rows:
        raise NotFound(f"You have no task {id}.")
    return rows[0]
