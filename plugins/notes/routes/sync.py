"""The endpoints of delta sync, under /api/v1/notes/sync."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, endpoint

from ..schemas_sync import ClientChanges, SyncOut, SyncQuery, SyncResult
from ..service import applying
from ..service import sync as service

sync = Blueprint("notes_sync", url_prefix="/sync")


@sync.get("/")
@endpoint("notes.read")
async def read_note_changes(user: CurrentUser, query: SyncQuery) -> SyncOut:
    """Read what changed since I last asked.

    410 means that deletions were forgotten since: drop what is kept and ask without `since`.
    """
    return await service.changed_since(user.id, query)


@sync.post("/")
@endpoint("notes.write")
async def send_note_changes(user: CurrentUser, body: ClientChanges) -> SyncResult:
    """Send what I changed; each change is applied once, however often it is sent."""
    return await applying.apply(user.id, body.changes)
