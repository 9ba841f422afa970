"""The endpoints of notes, under /api/v1/notes."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, IfMatch, Page, endpoint

from ..schemas import (
    BacklinkQuery,
    NewNote,
    NoteChange,
    NoteListed,
    NoteOut,
    NoteQuery,
    ReadQuery,
    TrashQuery,
    WholeNote,
)
from ..schemas_finding import FindQuery, NotesFound, PresenceIn
from ..service import notes as service
from ..service import presence, searching
from ..service.presence import NotePresence

notes = Blueprint("notes_notes")


@notes.get("/")
@endpoint("notes.read")
async def list_notes(user: CurrentUser, query: NoteQuery) -> Page[NoteListed]:
    """List the notes that I see."""
    return await service.some(user.id, query)


@notes.post("/")
@endpoint("notes.write", status=201)
async def create_note(user: CurrentUser, body: NewNote) -> NoteOut:
    """Add a note."""
    return await service.create(user.id, body)


@notes.get("/<id:int>")
@endpoint("notes.read")
async def read_note(user: CurrentUser, id: int, query: ReadQuery) -> NoteOut:
    """Read a note; with `?render=html` also as safe HTML."""
    return await service.read(user.id, id, query)


@notes.patch("/<id:int>")
@endpoint("notes.write")
async def change_note(user: CurrentUser, id: int, body: NoteChange, if_match: IfMatch) -> NoteOut:
    """Change a note.

    Say the version that the change began from, as `base_version` or `If-Match`. If the note has
    changed since, both changes are merged; if they touch the same lines, the answer is 409 with
    `base`, `theirs` and `yours`. Without a version the change is made whatever the note says.
    """
    return await service.change(user.id, id, body, if_match)


@notes.put("/<id:int>")
@endpoint("notes.write")
async def replace_note(user: CurrentUser, id: int, body: WholeNote, if_match: IfMatch) -> NoteOut:
    """Say what a note shall be; merged as a change is."""
    return await service.change(user.id, id, body, if_match)


@notes.delete("/<id:int>")
@endpoint("notes.write")
async def delete_note(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Put a note into the trash; one that is there stays."""
    await service.trash_it(user.id, id, if_match)


@notes.post("/<id:int>/restore")
@endpoint("notes.write")
async def restore_note(user: CurrentUser, id: int, if_match: IfMatch) -> NoteOut:
    """Bring a note back from the trash."""
    return await service.restore(user.id, id, if_match)


@notes.get("/trash")
@endpoint("notes.read")
async def list_note_trash(user: CurrentUser, query: TrashQuery) -> Page[NoteListed]:
    """List the notes in the trash."""
    return await service.trash(user.id, query)


@notes.delete("/trash/<id:int>")
@endpoint("notes.write")
async def purge_note(user: CurrentUser, id: int, if_match: IfMatch) -> None:
    """Delete a note that is in the trash for good. Its owner may."""
    await service.delete(user.id, id, if_match)


@notes.get("/<id:int>/backlinks")
@endpoint("notes.read")
async def list_note_backlinks(user: CurrentUser, id: int, query: BacklinkQuery) -> Page[NoteListed]:
    """List the notes that lead to this one by `[[title]]`."""
    return await service.backlinks(user.id, id, query)


@notes.get("/search")
@endpoint("notes.read", limit="300/minute")
async def search_notes(user: CurrentUser, query: FindQuery) -> NotesFound:
    """Search my notes: words, `"phrases"`, `-not`, `prefix*`."""
    return NotesFound(await searching.find(user.id, query.q, query.limit))


@notes.post("/<id:int>/presence")
@endpoint("notes.read", limit="60/minute")
async def tell_note_presence(user: CurrentUser, id: int, body: PresenceIn) -> NotePresence:
    """Tell those who follow a note that I am at it, for 30 seconds."""
    return await presence.tell(user.id, id, editing=body.editing)
