"""``tenfold shortener export`` and ``tenfold shortener import``: somebody's links as a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from core import find_user, in_database, save_file, served_at

from .links import bulk
from .place import place_of, used
from .schemas import ManyOut
from .settings import ShortenerSettings

FILE = click.Path(dir_okay=False, path_type=Path)
THERE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
FORMATS = click.Choice(["bitly", "yourls", "shlink", "tenfold"])
LARGEST, MOST = 100_000_000, 1_000_000


def add_to(cli: click.Group, settings: ShortenerSettings) -> None:
    """Add the commands of the plugin."""

    @cli.command()
    @click.argument("username")
    @click.argument("file", type=FILE)
    def export(username: str, file: Path) -> None:
        """Write the links of USERNAME into FILE.csv, readable for its owner alone."""
        with used(place_of(served_at(), settings)):
            content = in_database(partial(_export, username))
        save_file(file, content)
        click.echo(f"Wrote {len(content):,} bytes to {file}.")

    @cli.command("import")
    @click.argument("username")
    @click.argument("file", type=THERE)
    @click.option("--from", "origin", type=FORMATS, required=True, help="Where FILE comes from.")
    def import_(username: str, file: Path, origin: str) -> None:
        """Take the links of FILE.csv over for USERNAME: up to a million."""
        text = _read(file)
        with used(place_of(served_at(), settings)):
            made = in_database(partial(_import, username, text))
        for refused in made.refused:
            click.echo(f"! line {refused.place}: {refused.detail}", err=True)
        click.echo(f"Links made: {len(made.created):,}; refused: {len(made.refused):,}.")


async def _export(username: str) -> bytes:
    return (await bulk.export(await find_user(username))).body


async def _import(username: str, text: str) -> ManyOut:
    return await bulk.take_over(await find_user(username), text, most=MOST)


def _read(file: Path) -> str:
    if file.stat().st_size > LARGEST:
        raise click.ClickException(f"{file} has more than {LARGEST:,} bytes. Split it.")
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} cannot be read as UTF-8: {error}") from None
