"""What goes over the wire about mails, links and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from core.auth.accounts.names import refuse_odd
from core.auth.schemas.accounts import AnyPassword, Email, Password
from core.web.request import Body

Code = Annotated[str, Meta(min_length=20, max_length=100, description="The code from the link.")]


class Notice(msgspec.Struct, frozen=True):
    """What happens now, as a sentence."""

    http_status: ClassVar[int] = 202
    detail: str


class AddressOut(msgspec.Struct, frozen=True):
    """An address that was confirmed."""

    email: str
    username: str


class Verification(Body, frozen=True):
    """A person who followed the link in a mail."""

    token: Code


class EmailChange(Body, frozen=True):
    """A person who wants another address."""

    email: Email
    password: AnyPassword

    def __post_init__(self) -> None:
        """Refuse what a pattern cannot."""
        _refuse_odd_email(self.email)


class Forgotten(Body, frozen=True):
    """A person who has forgotten the password."""

    email: Email


class PasswordReset(Body, frozen=True):
    """A person who sets a password with the link in a mail."""

    token: Code
    password: Password


class PasswordChange(Body, frozen=True):
    """A person who knows the old password."""

    old: AnyPassword
    new: Password


class NewInvitation(Body, frozen=True):
    """Somebody is to be invited."""

    email: (
        Annotated[Email, Meta(description="Only this address may use it; it is mailed there.")]
        | None
    ) = None

    def __post_init__(self) -> None:
        """Refuse what a pattern cannot."""
        if self.email is not None:
            _refuse_odd_email(self.email)


class InvitationOut(msgspec.Struct, frozen=True):
    """An invitation. Its code is shown this once."""

    id: int
    code: str
    link: str
    email: str | None
    expires_at: datetime


def _refuse_odd_email(email: str) -> None:
    try:
        refuse_odd(email)
    except ValueError as error:
        raise ValueError(f"email {error}") from None
