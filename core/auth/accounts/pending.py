"""Who registered and has yet to follow the link in a mail.

Everything here is done for an address that has an account as it is for one that has none; only
the mails differ, and they are written after the answer. So the username is taken, the login is
refused and the time passes alike, and nobody learns which addresses are known.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from core.auth.accounts.names import key_of
from core.auth.accounts.users import Taken, create_user
from core.auth.afterwards import afterwards
from core.auth.authenticators import passwords
from core.auth.mails import letters
from core.auth.mails.codes import InvalidCode
from core.auth.realm import Realm
from core.auth.schemas.accounts import Registration
from core.auth.sessions.refresh import digest
from core.auth.tables import PendingUser, User
from core.db.engine import locked, transaction
from core.db.errors import is_duplicate
from core.errors import Forbidden


class Unverified(Forbidden):
    """The address of the account has not been confirmed yet. Follow the link in the mail."""

    code, title = "email_not_verified", "Address not confirmed"

    def __init__(self) -> None:
        super().__init__(
            "Confirm your address first: a new link is on its way to it. Look into your mail."
        )


async def begin(realm: Realm, new: Registration, hashed: str) -> str:
    """Keep a registration until its address is confirmed; return the code. Raises Taken."""
    now, code = datetime.now(UTC), secrets.token_urlsafe(32)
    key = key_of(new.username)
    await PendingUser.delete().where(PendingUser.username_key == key, PendingUser.expires_at < now)
    row = PendingUser(
        username=new.username,
        username_key=key,
        email=new.email,
        email_key=key_of(new.email),
        password=hashed,
        digest=digest(code),
        created_at=now,
        expires_at=now + timedelta(hours=realm.settings.verify_hours),
    )
    try:
        async with transaction():
            await PendingUser.insert(row)
    except Exception as error:
        if is_duplicate(error):
            raise _taken() from None
        raise
    # Only now: whoever held the name until a moment ago may have become a user meanwhile.
    if await User.exists().where(User.username_key == key):
        raise _taken()
    return code


def _taken() -> Taken:
    return Taken("Somebody has this username already.")


async def write(realm: Realm, email: str, username: str, code: str) -> None:
    """Mail the link, or, if the address has an account, say so. Raises TooManyAttempts."""
    await realm.attempts.count("mail", key_of(email))
    await _post(realm, email, username, code)


async def _post(realm: Realm, email: str, username: str, code: str) -> None:
    whose = User.email_key == key_of(email)
    owner = await User.select(User.username, User.email).where(whose).first()
    if owner:
        await letters.post(realm, owner["email"], letters.known_already(realm, owner["username"]))
    else:
        await letters.post(realm, email, letters.confirm(realm, username, code))


async def finish(realm: Realm, code: str) -> int:
    """Make the account that a code confirms and return its id. Raises InvalidCode or Taken."""
    async with transaction():
        new = await _take(digest(code))
        roles = realm.settings.default_roles
        return await create_user(new["username"], new["email"], new["password"], roles)


async def _take(kept: str) -> dict[str, Any]:
    """Return a registration, and delete all for its address: it belongs to who was first."""
    alive = (PendingUser.digest == kept) & (PendingUser.expires_at > datetime.now(UTC))
    found = await PendingUser.select(PendingUser.email_key).where(alive).first()
    if found is None:
        raise InvalidCode
    same_address = PendingUser.email_key == found["email_key"]
    rows = await locked(PendingUser.select().where(same_address).order_by(PendingUser.id))
    new = next((row for row in rows if row["digest"] == kept), None)
    if new is None:
        raise InvalidCode
    await PendingUser.delete().where(same_address)
    return new


async def refuse(realm: Realm, login: str, password: str) -> None:
    """Raise Unverified if this is the login of somebody who registered, and mail the link again.

    It takes as long if there is none.
    """
    key = key_of(login)
    row = (
        await PendingUser.select(PendingUser.id, PendingUser.password)
        .where(
            (PendingUser.username_key == key) | (PendingUser.email_key == key),
            PendingUser.expires_at > datetime.now(UTC),
        )
        .order_by(PendingUser.id, ascending=False)
        .first()
    )
    if await passwords.checked(password, row["password"] if row else None) and row:
        afterwards(_write_again(realm, row["id"]))
        raise Unverified


async def _write_again(realm: Realm, id: int) -> None:
    code = secrets.token_urlsafe(32)
    change: dict[Any, Any] = {PendingUser.digest: digest(code)}
    known = await PendingUser.select(PendingUser.email).where(PendingUser.id == id).first()
    if known is None:
        return
    await realm.attempts.count("mail", key_of(known["email"]))
    rows = (
        await PendingUser.update(change)
        .where(PendingUser.id == id)
        .returning(PendingUser.email, PendingUser.username)
    )
    for row in rows:
        await _post(realm, row["email"], row["username"], code)


async def forget_old() -> None:
    """Delete registrations whose link was not followed in time."""
    await PendingUser.delete().where(PendingUser.expires_at < datetime.now(UTC))
