"""The files that plugins keep: in folders of their own below the data folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PASSING = {"mail", "metrics"}
BEFORE = "before-"


def folders(data: Path) -> Iterator[Path]:
    """Yield the folders of plugins; not letters on their way, figures, or what was replaced."""
    for folder in sorted(data.iterdir()):
        passing = folder.name in PASSING or folder.name.startswith((BEFORE, "."))
        if folder.is_dir() and not folder.is_symlink() and not passing:
            yield folder


def kept(data: Path) -> Iterator[Path]:
    """Yield every file in them; links are not followed."""
    for folder in folders(data):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield file
