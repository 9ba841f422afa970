"""Who sees the notes in a notebook, before and after something about it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set

import msgspec

from core import NotFound, recheck

from ..queries import notebooks as queries
from ..schemas_sharing import NotebookOut
from . import changes


class Watched(msgspec.Struct, frozen=True):
    """Notebooks, the notes in them, and who sees each of these.

    ``audience``: who sees what lies in any of the notebooks.
    """

    notebooks: Sequence[NotebookOut]
    notes: Sequence[int]
    seen: Mapping[int, Set[int]]
    audience: Set[int] = frozenset()


async def inside(owner: int, notebook: int) -> Watched:
    """Return a notebook of ``owner`` and those in it, the notes in them, and who sees those.

    They are held, notebooks first: whoever writes in them meanwhile has told all who see it
    before, or asks who sees it after this transaction. Raises NotFound.
    """
    await queries.take_turn(owner)
    notebooks = await queries.inside(notebook)
    if not notebooks:
        raise NotFound(f"You have no notebook {notebook}.")
    lying = await queries.notes_inside(notebook)
    audiences = await changes.audiences(notebook)
    notes = [id for id, _ in lying]
    seen = {id: audiences[place] for id, place in lying}
    return Watched(notebooks, notes, seen, frozenset().union(*audiences.values()))


async def tell(before: Watched, after: Watched) -> None:
    """Let those who see the notes, or see them no more, know. The last thing in a transaction."""
    seen: dict[int, list[int]] = defaultdict(list)
    gone: dict[int, list[int]] = defaultdict(list)
    for note in before.notes:
        now = after.seen.get(note, frozenset())
        for user in now:
            seen[user].append(note)
        for user in before.seen[note] - now:
            gone[user].append(note)
    await changes.record(seen, gone)
    for user, notes in gone.items():
        for note in notes:
            await recheck(f"notes.note:{note}", user)
