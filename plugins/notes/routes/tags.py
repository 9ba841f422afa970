"""The endpoints of tags, under /api/v1/notes/tags."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, Page, endpoint

from ..schemas import NewNoteTag, NoteTagChange, NoteTagOut, NoteTagQuery
from ..service import tags as service

tags = Blueprint("notes_tags", url_prefix="/tags")


@tags.get("/")
@endpoint("notes.read")
async def list_note_tags(user: CurrentUser, query: NoteTagQuery) -> Page[NoteTagOut]:
    """List my tags."""
    return await service.some(user.id, query)


@tags.post("/")
@endpoint("notes.write", status=201)
async def create_note_tag(user: CurrentUser, body: NewNoteTag) -> NoteTagOut:
    """Add a tag."""
    return await service.create(user.id, body)


@tags.get("/<id:int>")
@endpoint("notes.read")
async def read_note_tag(user: CurrentUser, id: int) -> NoteTagOut:
    """Read a tag."""
    return await service.read(user.id, id)


@tags.patch("/<id:int>")
@endpoint("notes.write")
async def change_note_tag(user: CurrentUser, id: int, body: NoteTagChange) -> NoteTagOut:
    """Rename a tag, on all notes."""
    return await service.change(user.id, id, body)


@tags.delete("/<id:int>")
@endpoint("notes.write")
async def delete_note_tag(user: CurrentUser, id: int) -> None:
    """Delete a tag; it is taken off all notes."""
    await service.delete(user.id, id)
