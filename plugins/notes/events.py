"""What happens to notes and notebooks, told after the commit.

``actor_id`` is who did it; None where nobody did: a task, or the end of an account.
"""

from __future__ import annotations

from core import Event


class NoteEvent(Event, frozen=True):
    """Something happened to a note. It belongs to ``owner_id``."""

    note_id: int
    notebook_id: int | None
    owner_id: int
    actor_id: int | None


class NoteVersionEvent(NoteEvent, frozen=True):
    """A note is at ``version`` now, or was when it was deleted."""

    version: int


class NoteCreated(NoteVersionEvent, frozen=True):
    """Somebody added a note, or brought it along in an import."""


class NoteUpdated(NoteVersionEvent, frozen=True):
    """A note says something else, lies elsewhere, or has other tags."""


class NotesUpdated(Event, frozen=True):
    """One act changed many notes: their notebook is gone, or a tag on them is, or has a new name.

    At most 1 000 notes at a time, in place of an event for each.
    """

    note_ids: list[int]
    owner_id: int
    actor_id: int | None


class NoteTrashed(NoteVersionEvent, frozen=True):
    """Somebody put a note into the trash."""


class NoteRestored(NoteVersionEvent, frozen=True):
    """Somebody took a note out of the trash."""


class NoteDeleted(NoteVersionEvent, frozen=True):
    """A note was deleted for ever."""


class NoteShareEvent(NoteEvent, frozen=True):
    """Something happened to a link to a note. What is in the link is never told."""

    share_id: int


class NoteShared(NoteShareEvent, frozen=True):
    """Somebody made a link by which anybody may read a note."""


class NoteUnshared(NoteShareEvent, frozen=True):
    """Somebody took a link back."""


class NotebookEvent(Event, frozen=True):
    """Something happened to a notebook. It belongs to ``owner_id``."""

    notebook_id: int
    owner_id: int
    actor_id: int | None


class NotebookVersionEvent(NotebookEvent, frozen=True):
    """A notebook is at ``version`` now, or was when it was deleted."""

    version: int


class NotebookCreated(NotebookVersionEvent, frozen=True):
    """Somebody added a notebook, or brought it along in an import."""


class NotebookUpdated(NotebookVersionEvent, frozen=True):
    """Somebody renamed or moved a notebook."""


class NotebookDeleted(NotebookVersionEvent, frozen=True):
    """A notebook was deleted, by itself or with the one that it lay in."""


class NotebookMemberEvent(NotebookEvent, frozen=True):
    """Something happened to the membership ``member_id`` of the user ``person_id``."""

    member_id: int
    person_id: int
    role: str


class NotebookShared(NotebookMemberEvent, frozen=True):
    """Somebody shared a notebook, or changed what a member may do."""


class NotebookUnshared(NotebookMemberEvent, frozen=True):
    """A notebook is shared with somebody no more, or they left it."""
