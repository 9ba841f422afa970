"""Which version a change may begin from."""

from __future__ import annotations

from core import IfMatch, Invalid, stale

from ..schemas import NoteRow


def base_of(at: IfMatch, base: object) -> int | None:
    """Return the version that a change began from: ``base_version``, else ``If-Match``.

    Raises Invalid when both are given and differ.
    """
    given = base if isinstance(base, int) else None
    if at and given is not None and given not in at:
        raise Invalid("If-Match and base_version name different versions.")
    return given if given is not None else max(at, default=None)


def refuse_unknown(base: int, note: NoteRow) -> None:
    """Raise PreconditionFailed for a version that the note has not reached."""
    if base > note.version:
        raise stale(note, "note")
