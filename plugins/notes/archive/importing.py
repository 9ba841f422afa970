"""Notes from a zip file, into notebooks of the same names. They are always new notes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import IO

import msgspec

from core import transaction

from ..events import NotebookCreated
from ..problems import ArchiveTooLarge
from ..queries import notebooks as queries
from ..schemas import LONGEST_TEXT, NewNote
from ..service import changes, notes
from ..service.telling import tell_notebook
from ..settings import NotesSettings
from .entries import Empty, Entry
from .paths import Alike, Path, paths_of
from .reading import Limits, entries

PORTION = 50
DEEPEST = 20


class NotesImported(msgspec.Struct, frozen=True):
    """What an import has brought."""

    notes: int
    notebooks: int


async def imported(owner: int, file: IO[bytes], settings: NotesSettings) -> NotesImported:
    """Add the notes of a zip file, after all of it was looked at.

    They come in portions, so that others may write meanwhile. Raises ArchiveRefused,
    ArchiveTooLarge; then nothing was added.
    """
    limits = Limits(settings.import_files, settings.import_unpacked_mib * 2**20)
    alike = await asyncio.to_thread(_checked, file, limits)
    known = {path: id for id, path in paths_of(await queries.places(owner)).items()}
    before, count = len(known), 0
    reading = entries(file, limits)
    while portion := await asyncio.to_thread(_some, reading):
        await _add(owner, portion, [alike.numbered(_path(each)) for each in portion], known)
        count += sum(isinstance(each, Entry) for each in portion)
    return NotesImported(count, len(known) - before)


def _checked(file: IO[bytes], limits: Limits) -> Alike:
    """Look at all of a file, and return which of its notebooks have the same name."""
    paths: set[Path] = set()
    for entry in entries(file, limits):
        if isinstance(entry, Entry) and len(entry.text) > LONGEST_TEXT:
            raise ArchiveTooLarge(f"{entry.title[:100]!r} is longer than a note may be.")
        paths.add(_path(entry))
    return Alike(paths)


def _path(entry: Entry | Empty) -> Path:
    return entry.notebook[:DEEPEST]


def _some(reading: Iterator[Entry | Empty]) -> list[Entry | Empty]:
    return list(islice(reading, PORTION))


async def _add(
    owner: int, portion: list[Entry | Empty], paths: list[Path], known: dict[Path, int]
) -> None:
    now = datetime.now(UTC)
    async with transaction():
        seen: dict[int, list[int]] = {}
        kept: set[int] = set()
        before = len(known)
        notebooks = [await _notebook(owner, path, known, kept, now) for path in paths]
        for entry, notebook in zip(portion, notebooks, strict=True):
            if isinstance(entry, Empty):
                continue
            new = NewNote(
                title=entry.title,
                text=entry.text,
                notebook=notebook,
                tags=entry.tags,
                pinned=entry.pinned,
                archived=entry.archived,
            )
            created, updated = entry.created_at or now, entry.updated_at or now
            note, _ = await notes.add(owner, owner, new, created, updated)
            for user in await changes.audience(owner, notebook):
                seen.setdefault(user, []).append(note.id)
        await changes.record(seen, {})
        if len(known) > before:
            await changes.told_anew("notebooks", [owner, *seen])


async def _notebook(
    owner: int, path: Path, known: dict[Path, int], kept: set[int], now: datetime
) -> int | None:
    """Return the notebook at ``path``, which stays now; one that was deleted is made anew.

    The older ones of the same name are made before it.
    """
    if not path:
        return None
    if (id := known.get(path)) is None or not await _stays(owner, id, kept):
        parent = await _notebook(owner, path[:-1], known, kept, now)
        for each in _unknown(path, known):
            notebook = await queries.add(owner, path[-1][0], parent, now)
            await tell_notebook(NotebookCreated, notebook, owner)
            known[each] = notebook.id
            kept.add(notebook.id)
    return known[path]


def _unknown(path: Path, known: Mapping[Path, int]) -> list[Path]:
    """Return a path and those to older notebooks of the same name that are not there, in order."""
    (name, number), missing = path[-1], [path]
    while number > 1 and (older := (*path[:-1], (name, number := number - 1))) not in known:
        missing.append(older)
    return missing[::-1]


async def _stays(owner: int, id: int, kept: set[int]) -> bool:
    if id not in kept and await queries.find(id, owner, edit=True, keep=True) is not None:
        kept.add(id)
    return id in kept
