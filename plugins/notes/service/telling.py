"""Tells the events of notes and notebooks. Call it in the transaction of the change."""

from __future__ import annotations

from collections.abc import Sequence

from core import emit

from ..events import (
    NotebookMemberEvent,
    NotebookVersionEvent,
    NoteShareEvent,
    NotesUpdated,
    NoteVersionEvent,
)
from ..queries.notes import NotePlace
from ..schemas import NoteRow
from ..schemas_sharing import NotebookOut

PORTION = 1000


async def tell_note(
    kind: type[NoteVersionEvent], note: NoteRow | NotePlace, actor: int | None
) -> None:
    """Tell what happened to a note."""
    event = kind(
        note_id=note.id,
        notebook_id=note.notebook,
        owner_id=note.owner,
        actor_id=actor,
        version=note.version,
    )
    await emit(event)


async def tell_notes(notes: Sequence[NotePlace], actor: int | None) -> None:
    """Tell that one act changed many notes of one owner, in few events however many they are."""
    for start in range(0, len(notes), PORTION):
        part = notes[start : start + PORTION]
        event = NotesUpdated(
            note_ids=sorted(note.id for note in part), owner_id=part[0].owner, actor_id=actor
        )
        await emit(event)


async def tell_share(kind: type[NoteShareEvent], note: NoteRow, actor: int, share: int) -> None:
    """Tell what happened to a link to a note."""
    event = kind(
        note_id=note.id,
        notebook_id=note.notebook,
        owner_id=note.owner,
        actor_id=actor,
        share_id=share,
    )
    await emit(event)


async def tell_notebook(
    kind: type[NotebookVersionEvent], notebook: NotebookOut, actor: int | None
) -> None:
    """Tell what happened to a notebook."""
    event = kind(
        notebook_id=notebook.id,
        owner_id=notebook.owner,
        actor_id=actor,
        version=notebook.version,
    )
    await emit(event)


async def tell_member(
    kind: type[NotebookMemberEvent],
    notebook: NotebookOut,
    actor: int | None,
    *,
    member: int,
    person: int,
    role: str,
) -> None:
    """Tell what happened to a membership of a notebook."""
    event = kind(
        notebook_id=notebook.id,
        owner_id=notebook.owner,
        actor_id=actor,
        member_id=member,
        person_id=person,
        role=role,
    )
    await emit(event)
