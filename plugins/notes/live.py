"""Who may follow which channel.

``notes.note:12``: what happens to a note, and who is at it; for those who see it.
``notes.user:7``: that something changed for a person, so that their clients sync; for themselves.
"""

from __future__ import annotations

from core import CurrentUser

from .service import notes


async def may_follow_note(user: CurrentUser, rest: str) -> bool:
    """Tell whether somebody may follow a note: they see it, and it is not in the trash."""
    return "notes.read" in user.permissions and await notes.may_follow(user.id, rest)


async def may_follow_user(user: CurrentUser, rest: str) -> bool:
    """Tell whether a channel is somebody's own."""
    return "notes.read" in user.permissions and rest == str(user.id)
