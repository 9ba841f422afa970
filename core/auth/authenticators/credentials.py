"""Passwords that people send, looked at no more often than the limits allow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.auth.accounts.names import key_of
from core.auth.authenticators import passwords
from core.auth.authenticators.attempts import network
from core.auth.realm import Device, Realm
from core.auth.tables import Session, User
from core.db.engine import locked
from core.errors import Forbidden, Unauthorized

REMEMBERED = 50


class WrongPassword(Forbidden):
    """The password that was to prove who asks is not theirs."""

    code, title = "wrong_password", "Wrong password"


@dataclass(frozen=True)
class Proven:
    """Somebody sent the right password; ``kept`` is its hash, as it was then."""

    user: int
    kept: str


async def hold(proven: Proven) -> None:
    """Let nobody set another password until the transaction around this ends.

    So a session is either begun before a reset, which ends it, or not at all. Raises Unauthorized.
    """
    rows = await locked(User.select(User.password).where(User.id == proven.user))
    if not rows or rows[0]["password"] != proven.kept:
        raise Unauthorized("The password was changed at this moment. Sign in with the new one.")


async def guess(realm: Realm, login: str, password: str, device: Device) -> Proven | None:
    """Return the active user with this login and password. Raises TooManyAttempts."""
    key = key_of(login)
    owner = await known_here((User.username_key == key) | (User.email_key == key), device)
    if owner is None:
        limits = realm.attempts.of_stranger(key, device.address)
    else:
        limits = realm.attempts.of_owner(owner)
    async with realm.attempts.guess(limits) as guess:
        proven = await checked(login, password)
        guess.right = proven is not None
    return proven


async def require_own(realm: Realm, user: int, password: str) -> None:
    """Raise WrongPassword unless it is the user's own, TooManyAttempts after too many guesses."""
    rows = await User.select(User.password).where(User.id == user)
    async with realm.attempts.guess(realm.attempts.of_owner(user)) as guess:
        guess.right = await passwords.checked(password, rows[0]["password"] if rows else None)
    if not guess.right:
        raise WrongPassword("This is not your password.")


async def known_here(whose: Any, device: Device) -> int | None:
    """Return the id of the user if they have signed in before from this device and address.

    ``whose`` is a condition on users.
    """
    users = await User.select(User.id).where(whose).first()
    user = users["id"] if users else 0
    rows = (
        await Session.select(Session.address)
        .where(Session.user == user, Session.device == device.name)
        .order_by(Session.id, ascending=False)
        .limit(REMEMBERED)
    )
    here = network(device.address)
    return user if any(network(row["address"]) == here for row in rows) else None


async def checked(login: str, password: str) -> Proven | None:
    """Return the active user with this login and password; it takes as long if there is none."""
    key = key_of(login)
    row = (
        await User.select(User.id, User.password, User.active)
        .where((User.username_key == key) | (User.email_key == key))
        .first()
    )
    right = await passwords.checked(password, row["password"] if row else None)
    if not row or not right or not row["active"]:
        return None
    changes: dict[Any, Any] = {User.last_login: datetime.now(UTC).replace(tzinfo=None)}
    kept = row["password"]
    if passwords.is_old(kept):
        kept = changes[User.password] = await passwords.hashed(password)
    unchanged = (User.id == row["id"]) & (User.password == row["password"]) & User.active.eq(True)
    rows = await User.update(changes).where(unchanged).returning(User.id)
    return Proven(row["id"], kept) if rows else None
