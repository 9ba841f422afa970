"""What goes over the wire about accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from core.auth.accounts.names import refuse_odd
from core.web.request import Body

Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x85]{1,64}@[^@\s\x00-\x1f\x85]+\.[^@\s\x00-\x1f\x85.]+$",
        description="An e-mail address.",
        examples=["ada@example.org"],
    ),
]
Username = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=50,
        pattern=r"^[\w](?:[\w.-]*[\w])?$",
        description="Letters, digits, `_`, and `.` or `-` in between.",
        examples=["ada"],
    ),
]
Password = Annotated[str, Meta(min_length=8, max_length=1024, description="8 characters or more.")]
AnyPassword = Annotated[str, Meta(min_length=1, max_length=1024)]
RefreshText = Annotated[str, Meta(min_length=20, max_length=200)]


class Registration(Body, frozen=True):
    """A person who registers."""

    email: Email
    username: Username
    password: Password
    invitation: Annotated[
        str, Meta(max_length=100, description="The code of an invitation, where one is needed.")
    ] = ""

    def __post_init__(self) -> None:
        """Refuse what a pattern cannot."""
        for name in ("email", "username"):
            try:
                refuse_odd(getattr(self, name))
            except ValueError as error:
                raise ValueError(f"{name} {error}") from None


class Login(Body, frozen=True):
    """A person who signs in."""

    login: Annotated[str, Meta(min_length=1, max_length=254, description="E-mail or username.")]
    password: AnyPassword


class Refresh(Body, frozen=True):
    """A device that wants a new pair of tokens, or to sign out."""

    refresh_token: RefreshText


class UserOut(msgspec.Struct, frozen=True):
    """A user, as they see themselves."""

    id: int
    email: str
    username: str
    roles: list[str]
    created_at: datetime
    email_verified: bool


class TokensOut(msgspec.Struct, frozen=True, tag_field="token_type", tag="Bearer"):
    """A device is signed in."""

    location: ClassVar[str] = "/api/v1/auth/me"
    access_token: str
    refresh_token: str
    expires_in: int
    user: UserOut
