"""What goes over the wire about authenticator apps."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from core.auth.schemas.accounts import AnyPassword
from core.web.request import Body

Code = Annotated[
    str,
    Meta(
        min_length=6,
        max_length=40,
        description="Six digits from the app, or a recovery code.",
        examples=["492039"],
    ),
]


class OwnPassword(Body, frozen=True):
    """Somebody who is signed in proves again who they are."""

    password: AnyPassword


class OwnCode(Body, frozen=True):
    """The first code of a new authenticator."""

    code: Code


class ChallengeAnswer(Body, frozen=True):
    """The second step of signing in."""

    challenge: Annotated[str, Meta(min_length=20, max_length=200)]
    code: Code


class ChallengeOut(msgspec.Struct, frozen=True, tag_field="token_type", tag="challenge"):
    """The password was right, and a code is needed too: `POST /api/v1/auth/login/totp`."""

    totp_required: bool
    challenge: str
    expires_in: int


class TotpOut(msgspec.Struct, frozen=True):
    """An authenticator to be set up: type in the secret, or show the URI as a QR code."""

    secret: str
    uri: str


class RecoveryCodesOut(msgspec.Struct, frozen=True):
    """Codes for who has lost the authenticator. Each works once; they are never shown again."""

    recovery_codes: list[str]
