"""Making a backup."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

from core.auth.tokens.secret import derived, secret_of
from core.backup import postgres, sqlite
from core.backup.archive import (
    DATABASE,
    FILES,
    FORMAT,
    SECRET,
    BackupError,
    Manifest,
    Writer,
    writing,
)
from core.backup.files import kept
from core.configuration import core_settings
from core.db.engine import url_of
from core.plugins import Plugins
from core.settings import CoreSettings, data_folder

SQLITE = "sqlite:///"


def create(plugins: Plugins, target: Path, *, with_secrets: bool) -> Manifest:
    """Write a backup to ``target`` while the server runs, and return what is in it.

    The database comes first and the files after it: a file that is put there meanwhile is in the
    backup without a row, never a row without its file. Raises BackupError.
    """
    core = core_settings(plugins)
    _refuse_place(target, Path(core.data))
    with writing(target) as writer:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".tenfold-") as folder:
            copied = Path(folder) / DATABASE
            counts, migrations = _copy_database(core, copied)
            with copied.open("rb") as source:
                writer.add(DATABASE, source)
        _add_files(writer, data_folder(core))
        if with_secrets:
            writer.add(SECRET, BytesIO(secret_of(core).encode()))
        return writer.finish(
            Manifest(
                format=FORMAT,
                version=version("tenfold"),
                created_at=datetime.now(UTC),
                database="sqlite" if url_of(core).startswith(SQLITE) else "postgres",
                plugins={each.name: each.version for each in plugins},
                migrations=migrations,
                counts=counts,
                secret=fingerprint(core),
            )
        )


def _refuse_place(target: Path, data: Path) -> None:
    """Raise BackupError where there is no folder, or where each backup would hold those before."""
    if not target.parent.is_dir():
        raise BackupError(f"There is no folder {target.parent}. Make it first.")
    if data.resolve() in target.parent.resolve().parents:
        raise BackupError(
            f"{target} is in a folder of the data, so the next backup would hold this one. "
            "Choose a place outside, best on another disk."
        )


def _copy_database(core: CoreSettings, target: Path) -> tuple[dict[str, int], dict[str, list[str]]]:
    url = url_of(core)
    if not url.startswith(SQLITE):
        return asyncio.run(postgres.copy(postgres.Server(url), target))
    sqlite.copy(Path(url.removeprefix(SQLITE)), target)
    return sqlite.counts(target), sqlite.migrations(target)


def _add_files(writer: Writer, data: Path) -> None:
    for file in kept(data):
        try:
            source = file.open("rb")
        except FileNotFoundError:  # deleted since it was listed
            continue
        with source:
            writer.add(f"{FILES}{file.relative_to(data).as_posix()}", source)


def fingerprint(core: CoreSettings) -> str:
    """Return what tells one secret from another and gives neither away."""
    return derived(secret_of(core), "fingerprint").hex()[:32]
