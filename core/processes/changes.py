"""Whether the code has changed since it was read, for development."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

EVERY = 1.0
"""Seconds between two looks."""


class Changes:
    """The modules of this program that were loaded (not its libraries), and ``files`` besides."""

    def __init__(self, *files: Path) -> None:
        self._files = files
        self._seen = self._state()
        self._next = time.monotonic() + EVERY

    def __call__(self) -> bool:
        """Tell whether something was written since the last look."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + EVERY
        before, self._seen = self._seen, self._state()
        return before != self._seen

    def _state(self) -> dict[Path, float]:
        state = {}
        for file in {*self._files, *_sources()}:
            with suppress(OSError):
                state[file] = file.stat().st_mtime
        return state


def _sources() -> Iterator[Path]:
    """Yield the source files of loaded modules outside the installation, and those beside them."""
    folders = set()
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if name and name.endswith(".py") and not name.startswith((sys.prefix, sys.base_prefix)):
            folders.add(Path(name).parent)
    for folder in folders:
        yield from folder.glob("*.py")
