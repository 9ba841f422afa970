"""What the runner does for notes."""

from __future__ import annotations

from collections.abc import Sequence

from core import Task

from .service import upkeep
from .settings import NotesSettings


def tasks(settings: NotesSettings) -> Sequence[Task]:
    """Return the periodic tasks."""

    async def empty_trash() -> None:
        await upkeep.empty_trash(settings)

    async def thin_out() -> None:
        await upkeep.thin_out(settings)

    async def forget() -> None:
        await upkeep.forget(settings)

    return [
        Task(name="notes.empty_trash", run=empty_trash, every="1h"),
        Task(name="notes.thin_out", run=thin_out, every="1d", timeout=3600),
        Task(name="notes.forget", run=forget, every="1d"),
    ]
