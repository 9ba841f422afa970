"""``tenfold backup``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from core import configuration
from core.backup.archive import SECRET, BackupError, Manifest
from core.configuration import core_settings


@click.group()
def backup() -> None:
    """Make, check and restore backups."""


@backup.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--with-secrets", is_flag=True, help="With the secret that signs tokens.")
def create(file: Path | None, with_secrets: bool) -> None:
    """Write the database and the plugins' files to FILE, while the server runs.

    Without the secret nobody can sign in as others with a stolen backup; keep it elsewhere, for a
    restored server needs it. Mails on their way are left out.
    """
    from core.backup.making import create

    target = file or Path(datetime.now(UTC).strftime("tenfold-%Y%m%d-%H%M%S.zip"))
    with _plainly():
        made = create(configuration.read(), target, with_secrets=with_secrets)
    click.echo(f"{target}: {_said(made)}")


@backup.command()
@click.argument("file", type=click.Path(path_type=Path))
def verify(file: Path) -> None:
    """Look whether FILE is whole and could be restored."""
    from core.backup.restoring import verify

    with _plainly():
        found, tried = verify(file, core_settings(configuration.read()))
    click.echo(f"{file} is whole: {_said(found)}")
    if not tried:
        click.echo("! its PostgreSQL dump was not tried: the settings name no PostgreSQL", err=True)


@backup.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Though there is data here; that is kept beside.")
def restore(file: Path, force: bool) -> None:
    """Put what is in FILE in the place of what is here. Stop the server first."""
    from core.backup.restoring import restore

    with _plainly():
        found, replaced = restore(file, configuration.read(), force=force)
    click.echo(f"Restored {_said(found)}")
    for each in replaced:
        click.echo(f"What was here before is kept: {each}")
    click.echo("Run tenfold migrate, or serve, to bring it up to date.")


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except (BackupError, sqlite3.Error) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        what = f"{error.filename or 'The backup'}: {error.strerror or error}"
        raise click.ClickException(what) from error


def _said(manifest: Manifest) -> str:
    rows, files = sum(manifest.counts.values()), len(manifest.parts)
    secret = "with" if manifest.has(SECRET) else "without"
    files -= 1 + manifest.has(SECRET)
    return (
        f"{manifest.database}, {len(manifest.counts)} tables, {rows} rows, {files} files, {secret} "
        f"the secret, made {manifest.created_at:%Y-%m-%d %H:%M} UTC by {manifest.version}"
    )
