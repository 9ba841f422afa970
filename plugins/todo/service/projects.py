"""What may be done with projects. Knows nothing of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import Forbidden, IfMatch, NotFound, Page, Problem, emit, page, stale, unit

from ..events import ProjectCreated, ProjectUpdated
from ..ordering import key_at
from ..queries import projects as queries
from ..schemas import NewProject, ProjectChange, ProjectOut, ProjectQuery
from .errors import InboxStays
from .parts import changes_of, is_so, note, number


async def ensure_inbox(owner: int) -> None:
    """Give ``owner`` an inbox if they have none; however often this is asked at once, it is one."""
    if not await queries.inbox(owner):  # nearly everybody has one, and reading it writes nothing
        now = datetime.now(UTC)
        await queries.add_inbox(owner, key_at(now), now)


async def welcome(registered: object) -> None:
    """Give somebody who registered an inbox."""
    await ensure_inbox(registered.user_id)  # type: ignore[attr-defined]


async def create(owner: int, new: NewProject) -> ProjectOut:
    """Add a project."""
    now = datetime.now(UTC)
    async with unit(ProjectCreated):
        id = await queries.add(owner, new.name, new.colour, key_at(now), now)
        note("project", id, 1)
        await emit(ProjectCreated(project_id=id, actor_id=owner))
    return await read(owner, id)


async def read(user: int, id: int) -> ProjectOut:
    """Return a project. Raises NotFound."""
    project = await queries.find(id, user)
    if project is None:
        raise NotFound(f"You have no project {id}.")
    return project


async def some(user: int, query: ProjectQuery) -> Page[ProjectOut]:
    """Return a page of the projects that somebody may see; the inbox is always among them."""
    if query.cursor is None:
        await ensure_inbox(user)
    filtered = query.archived is not None
    return await page(
        query,
        ProjectOut,
        lambda position, limit: queries.listed(
            user, query.archived, limit, *(position or ()), sort=query.sort, filtered=filtered
        ),
        lambda: number(queries.counted(user, query.archived, filtered=filtered)),
    )


async def change(user: int, id: int, body: ProjectChange, at: IfMatch) -> ProjectOut:
    """Change a project that is at one of the versions ``at`` (empty: any). Its owner may."""
    new = changes_of(body)
    if body.archived is True and (await read(user, id)).inbox:
        raise InboxStays("The inbox cannot be archived.")
    async with unit(ProjectUpdated):
        found = await queries.change(
            id, user, datetime.now(UTC), *new.values(), *at, changes=tuple(new), versions=len(at)
        )
        if not found:
            return await _as_it_is(user, id, new, at)
        project = await read(user, id)
        note("project", id, project.version)
        await emit(ProjectUpdated(project_id=id, actor_id=user))
    return project


async def _as_it_is(user: int, id: int, new: dict[str, Any], at: IfMatch) -> ProjectOut:
    """Return a project that is as its owner wants it already. Raises why it may not be changed."""
    project = await queries.find(id, user)
    wanted = project is not None and project.role == "owner" and is_so(project, new)
    if project is None or not wanted or (at and project.version not in at):
        raise await refusal(user, id)
    return project


async def refusal(user: int, id: int) -> Problem:
    """Return why a guarded change of a project changed nothing."""
    project = await queries.find(id, user)
    if project is not None and project.role != "owner":
        return Forbidden("Only the owner of a project may do this.")
    return stale(project, "project")
