"""The endpoints of links to notes, under /api/v1/notes."""

from __future__ import annotations

from sanic import Blueprint, Request

from core import CurrentUser, Page, endpoint

from ..schemas_sharing import (
    NewNoteShare,
    NoteShareMade,
    NoteShareOut,
    NoteShareQuery,
    Opening,
    SharedNote,
)
from ..service import shares as service

shares = Blueprint("notes_shares")


@shares.get("/<id:int>/shares")
@endpoint("notes.share")
async def list_note_shares(user: CurrentUser, id: int, query: NoteShareQuery) -> Page[NoteShareOut]:
    """List the links to my note."""
    return await service.some(user.id, id, query)


@shares.post("/<id:int>/shares")
@endpoint("notes.share", status=201, replay=False)
async def create_note_share(user: CurrentUser, id: int, body: NewNoteShare) -> NoteShareMade:
    """Make a link by which anybody may read my note."""
    return await service.create(user.id, id, body)


@shares.get("/<id:int>/shares/<share:int>")
@endpoint("notes.share")
async def read_note_share(user: CurrentUser, id: int, share: int) -> NoteShareOut:
    """Read how often a link was used."""
    return await service.read(user.id, id, share)


@shares.delete("/<id:int>/shares/<share:int>")
@endpoint("notes.share")
async def delete_note_share(user: CurrentUser, id: int, share: int) -> None:
    """Take a link back."""
    await service.delete(user.id, id, share)


@shares.get("/shared/<token:str>")
@endpoint(None, limit="300/minute")
async def read_shared_note(request: Request, token: str) -> SharedNote:
    """Read a note by its link."""
    return await service.open_note(token, None, shown=request.method != "HEAD")


@shares.post("/shared/<token:str>")
@endpoint(None, limit="300/minute", replay=False)
async def open_shared_note(token: str, body: Opening) -> SharedNote:
    """Read a note by its link and the password it has."""
    return await service.open_note(token, body.password)
