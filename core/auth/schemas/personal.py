"""What goes over the wire about the whole of an account."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from core.auth.accounts.names import refuse_odd
from core.auth.schemas.accounts import AnyPassword, Username
from core.web.request import Body


class AccountChange(Body, frozen=True):
    """What to change about my account; what is absent stays."""

    username: Username | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse what a pattern cannot."""
        if isinstance(self.username, str):
            try:
                refuse_odd(self.username)
            except ValueError as error:
                raise ValueError(f"username {error}") from None


class AccountDeletion(Body, frozen=True):
    """Delete my account."""

    password: (
        Annotated[
            AnyPassword,
            Meta(description="Not needed within 10 minutes after it was proven."),
        ]
        | None
    ) = None
