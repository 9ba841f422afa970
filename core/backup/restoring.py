"""Looking whether a backup is whole, and restoring it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from core.backup import postgres, sqlite
from core.backup.archive import DATABASE, SECRET, BackupError, Manifest, Reader, reading
from core.backup.files import BEFORE
from core.backup.making import SQLITE, fingerprint
from core.configuration import core_settings
from core.db.engine import url_of
from core.db.migrations import apps, steps_of
from core.plugins import Plugins
from core.settings import CoreSettings, data_folder

BRING_IT = "Bring data/secret or $TENFOLD_CORE__SECRET of that server, or give --force."
TAKE_ITS = "Give --force to take the one in the backup; the one here is kept beside."


def verify(path: Path, core: CoreSettings) -> tuple[Manifest, bool]:
    """Return what is in a backup, and whether its database was restored on trial.

    Every part is read and compared with its hash. A SQLite database is opened and checked; one of
    PostgreSQL is restored into a new database, if the settings name a server. Raises BackupError.
    """
    with reading(path) as backup, tempfile.TemporaryDirectory(prefix="tenfold-") as folder:
        for part in backup.manifest.parts:
            if part.name != DATABASE:
                backup.check(part)
        file = Path(folder) / DATABASE
        backup.extract(backup.part(DATABASE), file)
        if backup.manifest.database == "sqlite":
            sqlite.check(file, backup.manifest.counts)
        elif not url_of(core).startswith(SQLITE):
            asyncio.run(_try(postgres.Server(url_of(core)), file, backup.manifest))
        else:
            return backup.manifest, False
        return backup.manifest, True


async def _try(server: postgres.Server, dump: Path, manifest: Manifest) -> None:
    async with postgres.restored(server, dump, manifest.counts):
        return


def restore(path: Path, plugins: Plugins, *, force: bool) -> tuple[Manifest, list[str]]:
    """Put what is in a backup in the place of what is here; return where that is kept now.

    Everything is laid ready beside the real thing and checked; then they change places. Raises
    BackupError, and then nothing has changed. ``force``: though there is data here already, or
    this server's secret is another one.
    """
    core = core_settings(plugins)
    data, stamp = data_folder(core), datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    with reading(path) as backup:
        _refuse_wrong(backup.manifest, plugins, core, force=force)
        with tempfile.TemporaryDirectory(dir=data, prefix=".restoring-") as made:
            folder = Path(made)
            for part, name in backup.files():
                backup.extract(part, folder / "files" / name)
            url = url_of(core)
            if url.startswith(SQLITE):
                target = Path(url.removeprefix(SQLITE))
                replaced = _into_sqlite(backup, target, stamp, force=force)
            else:
                backup.extract(backup.part(DATABASE), folder / DATABASE)
                work = _into_postgres(
                    postgres.Server(url), folder / DATABASE, backup.manifest, stamp, force=force
                )
                replaced = asyncio.run(work)
            replaced += _put_files(folder / "files", data, stamp)
            if not core.secret:
                replaced += _put_secret(backup, data / "secret", stamp)
    return backup.manifest, replaced


def _refuse_wrong(manifest: Manifest, plugins: Plugins, core: CoreSettings, *, force: bool) -> None:
    kind = "sqlite" if url_of(core).startswith(SQLITE) else "postgres"
    if manifest.database != kind:
        raise BackupError(f"The backup is of {manifest.database}, and the settings say {kind}.")
    for name, app in apps(plugins):
        known = {step.id for step in steps_of(name, app)}
        later = [each for each in manifest.migrations.get(name, []) if each not in known]
        if later:
            raise BackupError(
                f"The backup is newer than this code: {name} does not know {later[0]}. "
                f"Install version {manifest.version} or later first."
            )
    comes_along = manifest.has(SECRET) and not (data_folder(core) / "secret").exists()
    if not force and not (comes_along and not core.secret) and manifest.secret != fingerprint(core):
        raise BackupError(
            "The backup was made with another secret: sessions, authenticator apps and signing "
            "keys in it cannot be read with this one. "
            + (TAKE_ITS if manifest.has(SECRET) and not core.secret else BRING_IT)
        )


def _into_sqlite(backup: Reader, target: Path, stamp: str, *, force: bool) -> list[str]:
    with sqlite.alone(target):
        empty = sqlite.is_empty(target)
        if not empty and not force:
            raise BackupError(f"{target} holds data already. Give --force to replace it.")
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".restoring-") as made:
            new = Path(made) / DATABASE
            backup.extract(backup.part(DATABASE), new)
            sqlite.check(new, backup.manifest.counts)
            old = target.with_name(f"{target.name}.{BEFORE}{stamp}")
            sqlite.swap(new, target, old, keep=not empty)
    return [] if empty else [str(old)]


async def _into_postgres(
    server: postgres.Server, dump: Path, manifest: Manifest, stamp: str, *, force: bool
) -> list[str]:
    await postgres.refuse_used(server)
    empty = await postgres.is_empty(server)
    if not empty and not force:
        raise BackupError(f"{server.name} holds data already. Give --force to replace it.")
    old = f"{server.name[:30]}_{BEFORE}{stamp}"
    async with postgres.restored(server, dump, manifest.counts) as new:
        await postgres.swap(server, new, old)
    if empty:
        await postgres.drop(server, old)
        return []
    return [f"the database {old}"]


def _put_files(new: Path, data: Path, stamp: str) -> list[str]:
    """Move folders to their places; what was there is in a folder of its own then."""
    replaced = data / f"{BEFORE}{stamp}"
    for folder in sorted(new.iterdir()) if new.exists() else []:
        if (data / folder.name).exists():
            replaced.mkdir(mode=0o700, exist_ok=True)
            (data / folder.name).rename(replaced / folder.name)
        folder.rename(data / folder.name)
    return [str(replaced)] if replaced.exists() else []


def _put_secret(backup: Reader, file: Path, stamp: str) -> list[str]:
    """Write the secret that the backup brings; another one that is here is kept beside."""
    if not backup.manifest.has(SECRET):
        return []
    draft, old = (
        file.with_name(f"{file.name}.{stamp}"),
        file.with_name(f"{file.name}.{BEFORE}{stamp}"),
    )
    backup.extract(backup.part(SECRET), draft)
    other = file.exists() and file.read_bytes().strip() != draft.read_bytes().strip()
    if other:
        os.link(file, old)
    draft.replace(file)
    return [str(old)] if other else []
