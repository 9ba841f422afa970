"""What happens to accounts, told after the commit."""

from __future__ import annotations

from core.events import Event


class UserRegistered(Event, frozen=True):
    """Somebody registered."""

    user_id: int
