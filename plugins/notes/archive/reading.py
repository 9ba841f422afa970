"""Reading a zip file that anybody may have made: everything is looked at before it is believed."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import msgspec

from ..problems import ArchiveRefused, ArchiveTooLarge
from ..schemas import LONGEST_TEXT
from .entries import Empty, Entry, is_seen, unpacked
from .paths import read

END = b"PK\x05\x06"
END_SIZE, LONGEST_COMMENT = 22, 65_535
MOST_PER_NAME = 600
LONGEST_PATH, LONGEST_PART, DEEPEST = 1000, 255, 21
MARKDOWN = (".md", ".markdown", ".txt")
LONGEST_HEAD = 200_000
LONGEST_FILE = 4 * LONGEST_TEXT + LONGEST_HEAD
NOTEBOOKS = ".notebooks.json"
"""Where an export names the notebooks in which no note lies."""


@dataclass(frozen=True)
class Limits:
    """How much may be imported at once; ``unpacked`` in bytes."""

    files: int
    unpacked: int


def entries(file: IO[bytes], limits: Limits) -> Iterator[Entry | Empty]:
    """Yield the notes in a zip file, and the notebooks in which none lies.

    Raises ArchiveRefused, ArchiveTooLarge. Go through it once before anything is written: what is
    wrong may come last.
    """
    _check_directory(file, limits)
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _check(infos, limits)
            for info in infos:
                if _is_note(info):
                    yield unpacked(info.filename, _text(archive, info))
                elif info.filename == NOTEBOOKS:
                    yield from _empty(_text(archive, info), limits)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        UnicodeError,
        NotImplementedError,
        OSError,
        ValueError,
        struct.error,
    ) as error:
        raise ArchiveRefused(f"The zip file cannot be read: {error}") from None


def _check_directory(file: IO[bytes], limits: Limits) -> None:
    """Look at the end of the file: how long the list of its contents says it is."""
    size = file.seek(0, 2)
    file.seek(max(size - END_SIZE - LONGEST_COMMENT, 0))
    tail = file.read()
    place = tail.rfind(END)
    if place < 0 or len(tail) - place < END_SIZE:
        raise ArchiveRefused("This is no zip file.")
    count, length = struct.unpack_from("<HI", tail, place + 10)
    if count > limits.files or length > limits.files * MOST_PER_NAME:
        raise ArchiveTooLarge(f"A zip file may hold {limits.files:,} files.")
    file.seek(0)


def _check(infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(infos) > limits.files:
        raise ArchiveTooLarge(f"A zip file may hold {limits.files:,} files.")
    if sum(info.file_size for info in infos) > limits.unpacked:
        raise ArchiveTooLarge(f"Unpacked, the files may have {limits.unpacked:,} bytes together.")
    if len({info.filename for info in infos}) < len(infos):
        raise ArchiveRefused("Two files in the zip file have the same name.")
    for info in infos:
        if problem := _wrong(info):
            raise ArchiveRefused(f"{info.filename[:100]!r} {problem}.")


def _wrong(info: zipfile.ZipInfo) -> str | None:
    """Return what is wrong with a name or an attribute of a file."""
    name = info.orig_filename
    parts = name.rstrip("/").split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if name.startswith("/") or "\\" in name or (len(name) > 1 and name[1] == ":"):
        return "has an absolute path, or one of Windows"
    if any(part in ("", ".", "..") for part in parts):
        return "has a path that leads elsewhere"
    if not all(map(is_seen, name)):
        return "has a name with invisible characters"
    if len(name) > LONGEST_PATH or len(parts) > DEEPEST:
        return "has a path that is too long or too deep"
    if any(len(part.encode()) > LONGEST_PART for part in parts):
        return "has a name that is too long"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device, not a file"
    if info.flag_bits & 0x1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a way that is not read here"
    return None


def _empty(text: str, limits: Limits) -> Iterator[Empty]:
    """Yield the notebooks that a list of paths names; what is no such list names none."""
    try:
        paths = msgspec.json.decode(text, type=list[list[str | list[str | int]]])
    except (msgspec.DecodeError, UnicodeError):
        return
    if len(paths) > limits.files:
        raise ArchiveTooLarge(f"A zip file may hold {limits.files:,} notebooks without notes.")
    for path in paths:
        yield Empty(read(path))


def _is_note(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.split("/")
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not info.is_dir() and not hidden and info.filename.lower().endswith(MARKDOWN)


def _text(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    shown = info.filename[:100]
    if info.file_size > LONGEST_FILE:
        raise ArchiveTooLarge(f"{shown!r} is too long for a note.")
    with archive.open(info) as file:
        content = file.read(LONGEST_FILE + 1)
    try:
        text = content.decode("utf-8-sig" if content[:3] == b"\xef\xbb\xbf" else "utf-8")
    except UnicodeDecodeError:
        raise ArchiveRefused(f"{shown!r} is not text in UTF-8.") from None
    if "\0" in text:
        raise ArchiveRefused(f"{shown!r} holds the character U+0000.")
    if len(text) > LONGEST_TEXT + LONGEST_HEAD:
        raise ArchiveTooLarge(
            f"{shown!r} is too long: a note may have {LONGEST_TEXT:,} characters."
        )
    return text
