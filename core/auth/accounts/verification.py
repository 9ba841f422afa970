"""Who has not confirmed an address yet: mailed a link, and refused where it is required."""

from __future__ import annotations

from core.auth.accounts import pending
from core.auth.accounts.names import key_of
from core.auth.afterwards import afterwards
from core.auth.mails import codes, letters
from core.auth.realm import Realm
from core.auth.tables import User
from core.db.engine import transaction


async def write_link(realm: Realm, user: int) -> None:
    """Mail a user the link that confirms the address. Raises TooManyAttempts."""
    unverified = (User.id == user) & User.email_verified_at.is_null()
    row = await User.select(User.username, User.email).where(unverified).first()
    if row is None:
        return
    await realm.attempts.count("mail", key_of(row["email"]))
    async with transaction():
        code = await codes.make(realm, user, "verify", row["email"])
        await letters.post(realm, row["email"], letters.confirm(realm, row["username"], code))


async def refuse_pending(realm: Realm, login: str, password: str) -> None:
    """Raise Unverified for the right password of somebody who has only registered so far."""
    if realm.settings.email_verification == "required":
        await pending.refuse(realm, login, password)


async def refuse_unverified(realm: Realm, user: int) -> None:
    """Raise Unverified where addresses have to be confirmed and this one is not; mail a link."""
    if realm.settings.email_verification == "optional":
        return
    if await User.exists().where(User.id == user, User.email_verified_at.is_null()):
        afterwards(write_link(realm, user))
        raise pending.Unverified
