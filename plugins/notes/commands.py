"""``tenfold notes export`` and ``tenfold notes import``: somebody's notes as a zip file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from core import find_user, in_database, save_file

from .archive.importing import NotesImported, imported
from .archive.writing import written
from .settings import NotesSettings

FILE = click.Path(dir_okay=False, path_type=Path)
THERE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def add_to(cli: click.Group, settings: NotesSettings) -> None:
    """Add the commands of the plugin."""

    @cli.command()
    @click.argument("username")
    @click.argument("file", type=FILE)
    def export(username: str, file: Path) -> None:
        """Write the notes of USERNAME into FILE.zip, readable for its owner alone."""
        content = in_database(partial(_export, username))
        save_file(file, content)
        click.echo(f"Wrote {len(content):,} bytes to {file}.")

    @cli.command("import")
    @click.argument("username")
    @click.argument("file", type=THERE)
    def import_(username: str, file: Path) -> None:
        """Add the notes of FILE.zip, an export or a folder of Markdown files, for USERNAME."""
        added = in_database(partial(_import, username, file, settings))
        click.echo(f"Notes added: {added.notes:,}; notebooks: {added.notebooks:,}.")


async def _export(username: str) -> bytes:
    return await written(await find_user(username))


async def _import(username: str, file: Path, settings: NotesSettings) -> NotesImported:
    owner = await find_user(username)
    with file.open("rb") as opened:
        return await imported(owner, opened, settings)
