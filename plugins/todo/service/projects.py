"""What may be done with projects. Knows nothing of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import Conflict, IfMatch, NotFound, Page, page, stale

from ..queries import projects as queries
from ..schemas import NewProject, ProjectChange, ProjectOut, ProjectQuery
from .parts import changes_of, number


class InboxStays(Conflict):
    """The inbox can neither be deleted nor archived."""

    code, title = "inbox_stays", "The inbox stays"


async def ensure_inbox(owner: int) -> None:
    """Give ``owner`` an inbox if they have none; however often this is asked at once, it is one."""
    await queries.add_inbox(owner, datetime.now(UTC))


async def welcome(registered: Any) -> None:
    """Give somebody who registered an inbox."""
    await ensure_inbox(registered.user_id)


async def create(owner: int, new: NewProject) -> ProjectOut:
    """Add a project."""
    return await queries.add(owner, new.name, new.colour, datetime.now(UTC))


async def read(owner: int, id: int) -> ProjectOut:
    """Return a project. Raises NotFound."""
    project = await queries.find(id, owner)
    if project is None:
        raise NotFound(f"You have no project {id}.")
    return project


async def some(owner: int, query: ProjectQuery) -> Page[ProjectOut]:
    """Return a page of the owner's projects; the inbox is always among them."""
    if query.cursor is None:
        await ensure_inbox(owner)
    filtered = query.archived is not None
    return await page(
        query,
        ProjectOut,
        lambda position, limit: queries.listed(
            owner, query.archived, limit, *(position or ()), sort=query.sort, filtered=filtered
        ),
        lambda: number(queries.counted(owner, query.archived, filtered=filtered)),
    )


async def change(owner: int, id: int, body: ProjectChange, at: IfMatch) -> ProjectOut:
    """Change a project that is at one of the versions ``at`` (empty: any)."""
    new = changes_of(body)
    if body.archived is True and (await read(owner, id)).inbox:
        raise InboxStays("The inbox cannot be archived.")
    project = await queries.change(
        id, owner, datetime.now(UTC), *new.values(), *at, changes=tuple(new), versions=len(at)
    )
    if project is None:
        raise stale(await queries.find(id, owner), "project")
    return project


async def delete(owner: int, id: int, at: IfMatch) -> None:
    """Delete a project and its tasks. Raises NotFound, PreconditionFailed, InboxStays."""
    if await queries.delete(id, owner, *at, versions=len(at)):
        return
    project = await queries.find(id, owner)
    if project is not None and project.inbox:
        raise InboxStays("The inbox cannot be deleted.")
    raise stale(project, "project")
