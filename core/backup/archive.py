"""The file of a backup: a zip with the parts, and a manifest that says what each must be."""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Literal

import msgspec

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
SECRET = "secret"  # noqa: S105
FILES = "files/"
PIECE = 1 << 20


class BackupError(Exception):
    """A backup cannot be made or used; the sentence says why."""


class Part(msgspec.Struct, frozen=True):
    """One file in a backup."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself.

    ``migrations`` are those that had run, by plugin; ``counts`` the rows of each table; ``secret``
    is a fingerprint of the server's secret, from which nobody can tell it.
    """

    format: int
    version: str
    created_at: datetime
    database: Literal["sqlite", "postgres"]
    plugins: dict[str, str]
    migrations: dict[str, list[str]]
    counts: dict[str, int]
    secret: str
    parts: list[Part] = []

    def has(self, name: str) -> bool:
        """Tell whether there is a part of this name."""
        return any(part.name == name for part in self.parts)


class Writer:
    """Puts files into a backup."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.parts: list[Part] = []

    def add(self, name: str, source: IO[bytes]) -> None:
        """Copy ``source`` to its end."""
        digest, size = hashlib.sha256(), 0
        entry = zipfile.ZipInfo(name)
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        with self._archive.open(entry, "w", force_zip64=True) as target:
            while piece := source.read(PIECE):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
        self.parts.append(Part(name, size, digest.hexdigest()))

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the manifest, with the parts that were added."""
        whole = msgspec.structs.replace(manifest, parts=self.parts)
        text = msgspec.json.format(msgspec.json.encode(whole), indent=2)
        self._archive.writestr(MANIFEST, text)
        return whole


@contextmanager
def writing(target: Path) -> Iterator[Writer]:
    """Make a backup that is there whole, for its owner's eyes alone, or not at all.

    Raises BackupError when ``target`` exists.
    """
    if target.exists():
        raise BackupError(f"{target} is there already. Choose another name.")
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as opened:
            with zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                yield Writer(archive)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(draft, target)
    except FileExistsError:
        raise BackupError(f"{target} is there already. Choose another name.") from None
    finally:
        draft.unlink()


class Reader:
    """Takes files out of a backup; what is not as the manifest says is refused."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self._archive, self.manifest = archive, manifest

    def extract(self, part: Part, target: Path) -> None:
        """Write a part to ``target``, which must not exist. Raises BackupError if it is damaged."""
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            self._copy(part, opened)
            opened.flush()
            os.fsync(opened.fileno())

    def check(self, part: Part) -> None:
        """Read a part to its end. Raises BackupError if it is damaged."""
        self._copy(part, None)

    def part(self, name: str) -> Part:
        """Return the part of this name."""
        return next(part for part in self.manifest.parts if part.name == name)

    def files(self) -> Iterator[tuple[Part, PurePosixPath]]:
        """Yield the plugins' files, with their paths below the data folder."""
        for part in self.manifest.parts:
            if part.name.startswith(FILES):
                yield part, PurePosixPath(part.name.removeprefix(FILES))

    def _copy(self, part: Part, target: IO[bytes] | None) -> None:
        digest, size = hashlib.sha256(), 0
        for piece in self._pieces(part):
            digest.update(piece)
            size += len(piece)
            if size > part.size:
                break
            if target is not None:
                target.write(piece)
        if (size, digest.hexdigest()) != (part.size, part.sha256):
            raise BackupError(f"The part {part.name} is damaged: it is not what was written.")

    def _pieces(self, part: Part) -> Iterator[bytes]:
        try:
            with self._archive.open(part.name) as source:
                while piece := source.read(PIECE):
                    yield piece
        except Exception as error:  # each way to compress has errors of its own
            raise BackupError(f"The part {part.name} is damaged: {error}") from error


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open a backup. Raises BackupError for what is none, or is of a later format."""
    with _opened(path) as archive:
        manifest = _manifest(archive)
        _refuse_strange(archive, manifest)
        yield Reader(archive, manifest)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise BackupError(f"There is no {path}.") from None
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise BackupError(f"{path} is no backup, or is damaged: {error}") from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        text = archive.read(MANIFEST)
        later = int(msgspec.json.decode(text)["format"]) > FORMAT
        manifest = None if later else msgspec.json.decode(text, type=Manifest)
    except Exception as error:
        raise BackupError("This is no backup, or its manifest is damaged.") from error
    if manifest is None:
        raise BackupError("This backup was made by a later version. Install that first.")
    return manifest


def _refuse_strange(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Raise BackupError for parts that are not in the manifest, or would be written elsewhere."""
    names = [part.name for part in manifest.parts]
    if sorted([*names, MANIFEST]) != sorted(archive.namelist()):
        raise BackupError("The parts of this backup are not those that its manifest names.")
    for name in names:
        path = name.removeprefix(FILES)
        steps = PurePosixPath(path).parts
        inside = path == str(PurePosixPath(path)) and not {"..", ".", "/"} & {*steps}
        if not inside or "\\" in name or "\0" in name:
            raise BackupError(f"The part {name!r} would be written outside the data folder.")
