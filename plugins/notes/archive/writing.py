"""Everything that somebody has written, as a zip file."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Sequence
from tempfile import TemporaryFile
from typing import IO

import msgspec

from ..queries import archive as queries
from ..queries import notebooks
from ..schemas import NoteRow
from ..service.parts import tags_on
from .entries import Entry, file_name, packed
from .paths import Path, paths_of
from .paths import written as path_written
from .reading import NOTEBOOKS

PORTION = 200
FIRST_DAY = (1980, 1, 1, 0, 0, 0)


async def written(owner: int) -> bytes:
    """Return all notes of ``owner`` that are not in the trash, and all notebooks."""
    paths = paths_of(await notebooks.places(owner))
    named: set[Path] = set()
    with TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            last = 0
            while rows := await queries.portion(owner, last, PORTION):
                last = rows[-1].id
                found = await _entries(rows, paths)
                named |= {entry.notebook for _, entry in found}
                await asyncio.to_thread(_write, archive, found)
            _write_empty(archive, set(paths.values()), named)
        return await asyncio.to_thread(_all_of, file)


def _all_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _write(archive: zipfile.ZipFile, entries: Sequence[tuple[int, Entry]]) -> None:
    for id, entry in entries:
        _add(archive, file_name(entry, id), packed(entry))


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, FIRST_DAY)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    archive.writestr(info, content)


def _write_empty(archive: zipfile.ZipFile, known: set[Path], named: set[Path]) -> None:
    """Name the notebooks that no path to a note leads through, if there are any."""
    through = {path[:end] for path in named for end in range(1, len(path) + 1)}
    if empty := sorted(known - through):
        _add(archive, NOTEBOOKS, msgspec.json.encode([path_written(path) for path in empty]))


async def _entries(rows: Sequence[NoteRow], paths: dict[int, Path]) -> list[tuple[int, Entry]]:
    tags = await tags_on(*(row.id for row in rows))
    return [
        (
            row.id,
            Entry(
                title=row.title,
                text=row.text,
                notebook=paths.get(row.notebook or 0, ()),
                tags=[tag.name for tag in tags[row.id]],
                pinned=row.pinned,
                archived=row.archived,
                created_at=row.created_at,
                updated_at=row.updated_at,
            ),
        )
        for row in rows
    ]
