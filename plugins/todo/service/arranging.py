"""The order of somebody's projects. They are few, so all of them are locked and read for a move."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime

from core import IfMatch, Invalid, emit, locked, stale, transaction

from ..events import ProjectUpdated
from ..ordering import LONGEST, between, key_at, spread
from ..queries import projects as queries
from ..queries.clauses import changed
from ..schemas import ProjectMove, ProjectOut
from ..tables import Project
from .errors import NoSuchProject
from .parts import note
from .projects import read, refusal


async def move(user: int, id: int, body: ProjectMove, at: IfMatch) -> ProjectOut:
    """Move a project behind or before another one, or to the end. Its owner may.

    Raises NotFound, Forbidden, PreconditionFailed, NoSuchProject.
    """
    if body.after is not None and body.before is not None:
        raise Invalid("Say after or before, not both.")
    async with transaction():
        mine = await locked(Project.objects().where(Project.owner == user).order_by(Project.id))
        found = {row.id: row for row in mine if row.trashed_at is None}
        if id not in found:
            raise await refusal(user, id)
        if at and found[id].version not in at:
            raise stale(await queries.find(id, user), "project")
        for project, key in _keys(mine, found, found[id], body).items():
            await _put(user, project, key)
        return await read(user, id)


def _keys(
    mine: list[Project], shown: Container[int], moving: Project, body: ProjectMove
) -> dict[int, str]:
    """Return the key of the moving project; where there is no room, new ones for all.

    Nothing, where it is there already.
    """
    beside = body.after or body.before
    last = beside is None and max(map(_place, mine)) == _place(moving)
    if last or beside == moving.id:
        return {}
    if beside is None:
        return {moving.id: key_at(datetime.now(UTC))}
    if beside not in shown:
        raise NoSuchProject(f"You have no project {beside} of your own.")
    others = sorted((row for row in mine if row.id != moving.id), key=_place)
    ids = [row.id for row in others]
    place = ids.index(beside) + (1 if body.after else 0)
    if place == sum(_place(row) < _place(moving) for row in others):
        return {}
    low, high = [row.order for row in others[:place]][-1:], [row.order for row in others[place:]]
    if not low or not high or low[0] < high[0]:
        key = between(low[0] if low else None, high[0] if high else None)
        if len(key) <= LONGEST:
            return {moving.id: key}
    ids.insert(place, moving.id)
    return dict(zip(ids, spread(None, None, len(ids)), strict=True))


def _place(project: Project) -> tuple[str, int]:
    return project.order, project.id


async def _put(user: int, project: int, key: str) -> None:
    rows = (
        await changed(Project, {"order": key}, datetime.now(UTC), user)
        .where(Project.id == project)
        .returning(Project.version)
    )
    note("project", project, rows[0]["version"])
    await emit(ProjectUpdated(project_id=project, actor_id=user))
