"""The endpoints of notebooks and their members, under /api/v1/notes/notebooks."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, IfMatch, Page, endpoint

from ..schemas_sharing import (
    NewNotebook,
    NewNotebookMember,
    NotebookChange,
    NotebookMemberChange,
    NotebookMemberOut,
    NotebookMemberQuery,
    NotebookOut,
    NotebookQuery,
)
from ..service import members
from ..service import notebooks as service

notebooks = Blueprint("notes_notebooks", url_prefix="/notebooks")


@notebooks.get("/")
@endpoint("notes.read")
async def list_notebooks(user: CurrentUser, query: NotebookQuery) -> Page[NotebookOut]:
    """List the notebooks that I see."""
    return await service.some(user.id, query)


@notebooks.post("/")
@endpoint("notes.write", status=201)
async def create_notebook(user: CurrentUser, body: NewNotebook) -> NotebookOut:
    """Add a notebook."""
    return await service.create(user.id, body)


@notebooks.get("/<id:int>")
@endpoint("notes.read")
async def read_notebook(user: CurrentUser, id: int) -> NotebookOut:
    """Read a notebook."""
    return await service.read(user.id, id)


@notebooks.patch("/<id:int>")
@endpoint("notes.write")
async def change_notebook(
    user: CurrentUser, id: int, body: NotebookChange, if_match: IfMatch
) -> NotebookOut:
    """Rename or move a notebook."""
    return await service.change(user.id, id, body, if_match)


@notebooks.delete("/<id:int>")
@endpoint("notes.write")
async def delete_notebook(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Delete a notebook and those in it; its notes stay."""
    await service.delete(user.id, id, if_match)


@notebooks.get("/<id:int>/members")
@endpoint("notes.read")
async def list_notebook_members(
    user: CurrentUser, id: int, query: NotebookMemberQuery
) -> Page[NotebookMemberOut]:
    """List with whom a notebook is shared."""
    return await members.some(user.id, id, query)


@notebooks.post("/<id:int>/members")
@endpoint("notes.share", status=201)
async def add_notebook_member(
    user: CurrentUser, id: int, body: NewNotebookMember
) -> NotebookMemberOut:
    """Share a notebook, and all that lies in it, with somebody."""
    return await members.add(user.id, id, body)


@notebooks.get("/<id:int>/members/<member:int>")
@endpoint("notes.read")
async def read_notebook_member(user: CurrentUser, id: int, member: int) -> NotebookMemberOut:
    """Read what somebody may do in a notebook."""
    return await members.find(user.id, id, member)


@notebooks.patch("/<id:int>/members/<member:int>")
@endpoint("notes.share")
async def change_notebook_member(
    user: CurrentUser, id: int, member: int, body: NotebookMemberChange
) -> NotebookMemberOut:
    """Let a member do more or less."""
    return await members.change(user.id, id, member, body)


@notebooks.delete("/<id:int>/members/<member:int>")
@endpoint("notes.write")
async def remove_notebook_member(user: CurrentUser, id: int, member: int) -> None:
    """Share a notebook with somebody no more, or leave it."""
    await members.remove(user.id, id, member)
