"""Taking everything along and bringing it back, under /api/v1/notes."""

from __future__ import annotations

import asyncio
from tempfile import TemporaryFile
from typing import IO, Any

from sanic import Blueprint, Request

from core import CurrentUser, Download, endpoint

from ..archive.importing import NotesImported, imported
from ..archive.writing import written
from ..problems import ArchiveRefused, ArchiveTooLarge
from ..settings import NotesSettings

archives = Blueprint("notes_archive")
CHUNK = 1_048_576


class NotesZip(Download, frozen=True):
    """A zip file of Markdown files."""

    media_type = "application/zip"


@archives.get("/export")
@endpoint("notes.read", limit="20/hour")
async def export_notes(user: CurrentUser) -> NotesZip:
    """Take all my notes along: Markdown with front matter, in a zip file."""
    return NotesZip(await written(user.id), "notes.zip")


@archives.post("/import", stream=True)
@endpoint("notes.write", status=200, replay=False, limit="60/hour")
async def import_notes(
    request: Request, user: CurrentUser, settings: NotesSettings
) -> NotesImported:
    """Add the notes of a zip file: an export, or a folder of Markdown files.

    Send the file as it is, with `Content-Type: application/zip`.
    """
    with TemporaryFile() as file:
        await _receive(request, file, settings.import_mib * 2**20)
        return await imported(user.id, file, settings)


async def _receive(request: Request, file: IO[bytes], most: int) -> None:
    """Write the body into a file. Raises ArchiveRefused, ArchiveTooLarge."""
    stream: Any = request.stream
    stream.request_max_size = most
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/zip":
        stream.keep_alive = False
        raise ArchiveRefused("Send the zip file itself, with Content-Type: application/zip.")
    if int(request.headers.get("content-length") or 0) > most:
        stream.keep_alive = False
        raise ArchiveTooLarge(f"A zip file may have {most:,} bytes.")
    waiting = bytearray()
    while (chunk := await stream.read()) is not None:
        waiting += chunk
        if len(waiting) >= CHUNK:
            await asyncio.to_thread(file.write, bytes(waiting))
            waiting.clear()
    await asyncio.to_thread(file.write, bytes(waiting))
