"""The endpoints of revisions, under /api/v1/notes/{id}."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, IfMatch, Page, endpoint

from ..schemas import (
    DiffOut,
    DiffQuery,
    NoteOut,
    NoteRevisionListed,
    NoteRevisionOut,
    NoteRevisionQuery,
)
from ..service import revisions as service

revisions = Blueprint("notes_revisions")


@revisions.get("/<id:int>/revisions")
@endpoint("notes.read")
async def list_note_revisions(
    user: CurrentUser, id: int, query: NoteRevisionQuery
) -> Page[NoteRevisionListed]:
    """List what a note said before."""
    return await service.some(user.id, id, query)


@revisions.get("/<id:int>/revisions/<version:int>")
@endpoint("notes.read")
async def read_note_revision(user: CurrentUser, id: int, version: int) -> NoteRevisionOut:
    """Read what a note said from a version on."""
    return await service.read(user.id, id, version)


@revisions.post("/<id:int>/revisions/<version:int>/restore")
@endpoint("notes.write")
async def restore_note_revision(
    user: CurrentUser, id: int, version: int, if_match: IfMatch
) -> NoteOut:
    """Let a note say again what a revision said, as a new version."""
    return await service.restore(user.id, id, version, if_match)


@revisions.get("/<id:int>/diff")
@endpoint("notes.read")
async def compare_note_versions(user: CurrentUser, id: int, query: DiffQuery) -> DiffOut:
    """Compare the texts of two versions."""
    return await service.diff(user.id, id, query)
