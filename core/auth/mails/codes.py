"""The codes behind links in mails: kept as hashes, used once, the newest of a kind only."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from core.auth.accounts.names import key_of
from core.auth.realm import Realm
from core.auth.sessions.refresh import digest
from core.auth.tables import EmailCode, User
from core.db.engine import locked, transaction
from core.errors import Invalid

Purpose = Literal["verify", "change", "reset"]


class InvalidCode(Invalid):
    """The code of a link was used already, has expired, was replaced by a newer one, or never was.

    Ask for a new link.
    """

    code, title = "invalid_code", "Invalid code"

    def __init__(self) -> None:
        super().__init__("This link was used already, has expired, or a newer one was sent.")


@dataclass(frozen=True)
class Owner:
    """Whose code it is, and for which address it was made."""

    id: int
    username: str
    email: str
    purpose: Purpose
    address: str


def lifetime(realm: Realm, purpose: Purpose) -> timedelta:
    """Return how long a code is good for."""
    if purpose == "reset":
        return timedelta(minutes=realm.settings.reset_minutes)
    return timedelta(hours=realm.settings.verify_hours)


async def make(realm: Realm, user: int, purpose: Purpose, email: str) -> str:
    """Make a code; older ones of the same purpose are dead. Call it inside a transaction."""
    now, code = datetime.now(UTC), secrets.token_urlsafe(32)
    await hold(user)
    await kill(user, purpose)
    await EmailCode.insert(
        EmailCode(
            user=user,
            purpose=purpose,
            digest=digest(code),
            email=email,
            created_at=now,
            expires_at=now + lifetime(realm, purpose),
        )
    )
    return code


async def hold(user: int) -> None:
    """Let nobody else work on this user's codes until the transaction around this ends."""
    await locked(User.select(User.id).where(User.id == user))


async def kill(user: int, *purposes: Purpose) -> None:
    """Make a user's codes worthless; without a purpose all of them."""
    which: Any = (EmailCode.user == user) & EmailCode.used_at.is_null()
    if purposes:
        which = which & EmailCode.purpose.is_in(list(purposes))
    await EmailCode.update({EmailCode.used_at: datetime.now(UTC)}).where(which)


async def find(code: str, *purposes: Purpose) -> Owner | None:
    """Return whose code it is, if it can be used now."""
    user = EmailCode.user
    row = (
        await EmailCode.select(
            user.id, user.username, user.email, EmailCode.email, EmailCode.purpose
        )
        .where(_usable(code, purposes), user.active == True)  # noqa: E712
        .first()
    )
    if row is None:
        return None
    owner = Owner(
        row["user.id"], row["user.username"], row["user.email"], row["purpose"], row["email"]
    )
    moved = owner.purpose != "change" and key_of(owner.address) != key_of(owner.email)
    return None if moved else owner


async def use(code: str, *purposes: Purpose) -> Owner:
    """Use a code up, inside a transaction; of many at once, one succeeds. Raises InvalidCode."""
    found = await find(code, *purposes)
    if found is None:
        raise InvalidCode
    await hold(found.id)
    owner = await find(code, *purposes)
    rows = (
        await EmailCode.update({EmailCode.used_at: datetime.now(UTC)})
        .where(_usable(code, purposes))
        .returning(EmailCode.id)
    )
    if owner is None or not rows:
        raise InvalidCode
    return owner


def _usable(code: str, purposes: tuple[Purpose, ...]) -> Any:
    return (
        (EmailCode.digest == digest(code))
        & EmailCode.purpose.is_in(list(purposes))
        & EmailCode.used_at.is_null()
        & (EmailCode.expires_at > datetime.now(UTC))
    )


async def forget_old() -> None:
    """Delete codes that have expired."""
    async with transaction():
        await EmailCode.delete().where(EmailCode.expires_at < datetime.now(UTC))
