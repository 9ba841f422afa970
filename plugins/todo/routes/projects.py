"""Projects and who they are shared with, under /api/v1/todo/projects."""

from __future__ import annotations

from sanic import Blueprint, Request

from core import CurrentUser, IfMatch, Page, endpoint

from ..schemas import NewProject, ProjectChange, ProjectMove, ProjectOut, ProjectQuery
from ..schemas_more import MemberChange, MemberOut, MemberQuery, NewMember
from ..service import arranging, members, trash
from ..service import projects as service
from .undoable import undoable

projects = Blueprint("todo_projects", url_prefix="/projects")


@projects.get("/")
@endpoint("todo.read")
async def list_projects(user: CurrentUser, query: ProjectQuery) -> Page[ProjectOut]:
    """List my projects and those shared with me."""
    return await service.some(user.id, query)


@projects.post("/")
@endpoint("todo.write", status=201)
@undoable
async def create_project(user: CurrentUser, body: NewProject) -> ProjectOut:
    """Add a project."""
    return await service.create(user.id, body)


@projects.get("/<id:int>")
@endpoint("todo.read")
async def read_project(request: Request, user: CurrentUser, id: int) -> ProjectOut:
    """Read a project."""
    request.headers.pop("if-none-match", None)  # what I am in it has versions of its own
    return await service.read(user.id, id)


@projects.patch("/<id:int>")
@endpoint("todo.write")
@undoable
async def change_project(
    user: CurrentUser, id: int, body: ProjectChange, if_match: IfMatch
) -> ProjectOut:
    """Change a project."""
    return await service.change(user.id, id, body, if_match)


@projects.post("/<id:int>/move")
@endpoint("todo.write")
@undoable
async def move_project(
    user: CurrentUser, id: int, body: ProjectMove, if_match: IfMatch
) -> ProjectOut:
    """Move a project of mine behind or before another one of mine, or to the end."""
    return await arranging.move(user.id, id, body, if_match)


@projects.delete("/<id:int>")
@endpoint("todo.write")
@undoable
async def delete_project(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Put a project and its tasks into the trash."""
    await trash.delete_project(user.id, id, if_match)


@projects.post("/<id:int>/restore")
@endpoint("todo.write")
@undoable
async def restore_project(user: CurrentUser, id: int) -> ProjectOut:
    """Take a project and its tasks out of the trash."""
    return await trash.restore_project(user.id, id)


@projects.get("/<id:int>/members")
@endpoint("todo.read")
async def list_members(user: CurrentUser, id: int, query: MemberQuery) -> Page[MemberOut]:
    """List whom a project is shared with."""
    return await members.some(user.id, id, query)


@projects.post("/<id:int>/members")
@endpoint("todo.write", status=201, limit="60/hour")
@undoable
async def add_member(user: CurrentUser, id: int, body: NewMember) -> MemberOut:
    """Share a project with somebody."""
    return await members.add(user.id, id, body)


@projects.patch("/<id:int>/members/<member:int>")
@endpoint("todo.write")
@undoable
async def change_member(
    user: CurrentUser, id: int, member: int, body: MemberChange, if_match: IfMatch
) -> MemberOut:
    """Change what a member may do."""
    return await members.change(user.id, id, member, body, if_match)


@projects.delete("/<id:int>/members/<member:int>")
@endpoint("todo.write")
@undoable
async def remove_member(user: CurrentUser, id: int, member: int) -> None:
    """Stop sharing a project with somebody, or leave it."""
    await members.remove(user.id, id, member)
