"""The second step of signing in: who proved a password is asked for a code, once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.auth.authenticators import totp
from core.auth.authenticators.attempts import Limit
from core.auth.authenticators.credentials import known_here
from core.auth.realm import Device, Realm
from core.auth.schemas.totp import ChallengeOut
from core.auth.tables import EmailCode, User
from core.errors import Unauthorized

if TYPE_CHECKING:
    from core.auth.tokens.vault import Vault

PURPOSE = "totp"
SECONDS = 300


async def begin(user: int, device: Device) -> ChallengeOut:
    """Let a user whose password was right answer with a code, once, from the same device."""
    now, token = datetime.now(UTC), secrets.token_urlsafe(32)
    await EmailCode.insert(
        EmailCode(
            user=user,
            purpose=PURPOSE,
            digest=_digest(token, device.name),
            email="",
            created_at=now,
            expires_at=now + timedelta(seconds=SECONDS),
        )
    )
    return ChallengeOut(True, token, SECONDS)


async def find(token: str, device: Device) -> tuple[int, int]:
    """Return the id of an open challenge and its user. Raises Unauthorized."""
    row = (
        await EmailCode.select(EmailCode.id, EmailCode.user)
        .where(
            EmailCode.digest == _digest(token, device.name),
            EmailCode.purpose == PURPOSE,
            EmailCode.used_at.is_null(),
            EmailCode.expires_at > datetime.now(UTC),
        )
        .first()
    )
    if row is None:
        raise Unauthorized("This took too long, or was finished. Begin again with your password.")
    return row["id"], row["user"]


async def answer(vault: Vault, challenge: int, user: int, code: str) -> None:
    """Use up a challenge and a code, both or, raising Unauthorized in a transaction, none."""
    closing = EmailCode.update({EmailCode.used_at: datetime.now(UTC)}).where(
        EmailCode.id == challenge, EmailCode.used_at.is_null()
    )
    if not await totp.spend(vault, user, code) or not await closing.returning(EmailCode.id):
        raise Unauthorized("The code is wrong or was used before. Wait for the next one.")


async def limits(
    realm: Realm, user: int, device: Device, challenge: int | None = None
) -> list[Limit]:
    """Return how often codes of a user may be tried from a device."""
    known = await known_here(User.id == user, device) is not None
    return realm.attempts.of_code(user, challenge, known=known)


def _digest(token: str, device: str) -> str:
    return hashlib.sha256(f"{token} {device}".encode()).hexdigest()
