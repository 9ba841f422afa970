"""Forgotten, reset and changed passwords."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.auth import audit
from core.auth.accounts.names import key_of
from core.auth.afterwards import afterwards, refuse_if_full
from core.auth.authenticators import passwords
from core.auth.authenticators.credentials import require_own
from core.auth.authenticators.policy import refuse_weak
from core.auth.authorization.identity import CurrentUser
from core.auth.mails import codes, letters
from core.auth.mails.codes import InvalidCode
from core.auth.realm import Device, Realm
from core.auth.schemas.mail import Notice, PasswordChange
from core.auth.tables import AdminSession, Session, User
from core.auth.tokens.revocation import revoke
from core.db.engine import transaction
from core.errors import Conflict

ON_ITS_WAY = Notice("If there is an account with this address, a mail is on its way to it.")


async def forget(realm: Realm, email: str, device: Device) -> Notice:
    """Mail a link to who has forgotten a password, after an answer that tells nothing."""
    refuse_if_full()
    await realm.attempts.count("address", device.address)
    afterwards(_write(realm, email, device))
    return ON_ITS_WAY


async def _write(realm: Realm, email: str, device: Device) -> None:
    whose = (User.email_key == key_of(email)) & User.active.eq(True)
    row = await User.select(User.id, User.username, User.email).where(whose).first()
    if row is None:
        return
    await realm.attempts.count("mail", key_of(email))
    async with transaction():
        code = await codes.make(realm, row["id"], "reset", row["email"])
        await letters.post(realm, row["email"], letters.reset(realm, row["username"], code))
        await audit.record("password_reset_asked_for", user=row["id"], address=device.address)


async def reset(realm: Realm, code: str, password: str, device: Device) -> None:
    """Set a password with the code from a mail, and end every session. Raises InvalidCode."""
    found = await codes.find(code, "reset")
    if found is None:
        raise InvalidCode
    refuse_weak(password, found.username, found.email)
    hashed = await passwords.hashed(password)
    async with transaction():
        owner = await codes.use(code, "reset")
        await codes.kill(owner.id)
        values: dict[Any, Any] = {User.password: hashed, User.email_verified_at: datetime.now(UTC)}
        await User.update(values).where(User.id == owner.id)
        await end_sessions(owner.id)
        await revoke(owner.id)
        await audit.record("password_reset", user=owner.id, address=device.address)
        await letters.post(realm, owner.email, letters.password_changed(realm, owner.username))
    await realm.tokens.follow()


async def change(realm: Realm, user: CurrentUser, wanted: PasswordChange, device: Device) -> None:
    """Exchange a password that is known, and end the other sessions. Raises WrongPassword."""
    row = (
        await User.select(User.username, User.email, User.password)
        .where(User.id == user.id)
        .first()
    )
    await require_own(realm, user.id, wanted.old)
    names = (row["username"], row["email"]) if row else ()
    refuse_weak(wanted.new, *names, path="$.new")
    hashed = await passwords.hashed(wanted.new)
    async with transaction():
        await codes.hold(user.id)
        await _exchange(user.id, row["password"] if row else "", hashed)
        await codes.kill(user.id)
        for session in await end_sessions(user.id, keep=user.session):
            await revoke(user.id, session)
        await audit.record("password_changed", user=user.id, actor=user.id, address=device.address)
        if row:
            await letters.post(
                realm, row["email"], letters.password_changed(realm, row["username"])
            )
    await realm.tokens.follow()


async def _exchange(user: int, old: str, new: str) -> None:
    """Set a password unless somebody else has just done so."""
    rows = (
        await User.update({User.password: new})
        .where(User.id == user, User.password == old)
        .returning(User.id)
    )
    if not rows:
        raise Conflict("The password was changed by another request at this moment.")


async def end_sessions(user: int, keep: int = 0) -> list[int]:
    """End the sessions of a user, also in the admin, but the one to ``keep``; return their ids."""
    await AdminSession.delete().where(AdminSession.user_id == user)
    rows = (
        await Session.update({Session.ended_at: datetime.now(UTC)})
        .where(Session.user == user, Session.id != keep, Session.ended_at.is_null())
        .returning(Session.id)
    )
    return [row["id"] for row in rows]
