"""Where a note may lie: in a notebook of its owner, where whoever puts it there may write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core import Forbidden

from ..problems import NoSuchNotebook
from ..queries import notebooks as queries
from ..schemas import NoteRow


async def owner_in(user: int, notebook: int | None) -> int:
    """Return whose a new note is. Its notebook stays until the transaction ends."""
    if notebook is None:
        return user
    found = await queries.find(notebook, user, edit=True, keep=True)
    if found is None:
        raise NoSuchNotebook(f"You have no notebook {notebook} to write in.")
    return found.owner


async def hold(user: int, wanted: Mapping[str, Any]) -> bool:
    """Let the notebook where a note shall lie stay, if there is one; tell whether it is there.

    Before the note is held, never after it.
    """
    if (notebook := wanted.get("notebook")) is None:
        return True
    return await queries.find(notebook, user, edit=True, keep=True) is not None


async def check(user: int, note: NoteRow, values: Mapping[str, Any]) -> None:
    """Raise NoSuchNotebook or Forbidden unless ``user`` may put a note where it shall lie.

    Out of all notebooks, where nobody else sees it, only its owner takes it.
    """
    if "notebook" not in values:
        return
    if (notebook := values["notebook"]) is None:
        if user != note.owner:
            raise Forbidden("Only the owner of the note may take it out of its notebook.")
        return
    found = await queries.find(notebook, user, edit=True)
    if found is None or found.owner != note.owner:
        raise NoSuchNotebook(f"There is no notebook {notebook} where this note could lie.")
