"""What notes keeps about somebody: to take along, and to delete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from typing import Any

from core import recheck

from .events import NotebookDeleted, NotebookUnshared, NoteDeleted
from .queries import notebooks as notebook_queries
from .queries import notes as note_queries
from .queries.notes import NotePlace
from .service import changes
from .service.telling import tell_member, tell_note, tell_notebook
from .tables import (
    Applied,
    Change,
    Counter,
    Member,
    Note,
    Notebook,
    NoteTag,
    Revision,
    Share,
    Tag,
)

SHARE = (Share.note, Share.name, Share.expires_at, Share.views, Share.created_at)


async def export(user: int) -> dict[str, Any]:
    """Return somebody's notebooks, notes, tags, revisions, links and memberships."""
    mine = Note.owner == user
    return {
        "notebooks": await Notebook.select().where(Notebook.owner == user).order_by(Notebook.id),
        "notes": await Note.select().where(mine).order_by(Note.id),
        "tags": await Tag.select().where(Tag.owner == user).order_by(Tag.id),
        "note_tags": await NoteTag.select(NoteTag.note, NoteTag.tag).where(
            NoteTag.note.owner == user
        ),
        "revisions": await Revision.select()
        .where(Revision.note.owner == user)
        .order_by(Revision.id),
        "links": await Share.select(*SHARE).where(Share.note.owner == user).order_by(Share.id),
        "memberships": await Member.select().where(Member.user == user).order_by(Member.id),
    }


async def delete(user: int) -> None:
    """Delete somebody's notes and notebooks; those with whom they were shared are told."""
    for member, role, notebook in await notebook_queries.shared_with(user):
        await tell_member(NotebookUnshared, notebook, None, member=member, person=user, role=role)
    await Member.delete().where(Member.user == user)
    notebooks = await notebook_queries.owned(user)
    notes = await note_queries.purge_all(user)
    for note in notes:
        await tell_note(NoteDeleted, note, None)
    audiences = await changes.audiences(user, of_owner=True)
    gone = await _lost_by_others(user, notes, audiences)
    others = set().union(*audiences.values()) - {user}
    for notebook in notebooks:
        await tell_notebook(NotebookDeleted, notebook, None)
    await Notebook.delete().where(Notebook.owner == user)
    for table in (Change, Counter, Applied):
        await table.delete().where(table.user == user)
    await Tag.delete().where(Tag.owner == user)
    await changes.record({}, gone)
    await changes.told_anew("notebooks", others)


async def _lost_by_others(
    user: int, notes: Iterable[NotePlace], audiences: Mapping[int, Set[int]]
) -> dict[int, list[int]]:
    """Return which notes others see no more, and cut their sockets."""
    lost: dict[int, list[int]] = defaultdict(list)
    for note in notes:
        for other in audiences.get(note.notebook or 0, set()) - {user}:
            lost[other].append(note.id)
            await recheck(f"notes.note:{note.id}", other)
    return lost
