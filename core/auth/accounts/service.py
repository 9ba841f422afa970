"""What may be done with accounts. Knows nothing of HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

from core.auth import audit
from core.auth.accounts import verification
from core.auth.accounts.names import key_of
from core.auth.accounts.users import read_user
from core.auth.authenticators import challenges, credentials, totp
from core.auth.mails import letters
from core.auth.realm import Device, Realm
from core.auth.schemas.accounts import TokensOut, UserOut
from core.auth.schemas.totp import ChallengeOut
from core.auth.sessions.refresh import Continued, Reused, end, session_of
from core.auth.tables import User
from core.db.engine import transaction
from core.errors import Unauthorized


async def login(
    realm: Realm, login: str, password: str, device: Device
) -> TokensOut | ChallengeOut:
    """Sign in by e-mail or username. Raises Unauthorized, the same way whatever was wrong."""
    proven = await credentials.guess(realm, login, password, device)
    if proven is None:
        await _note_refusal(login, device)
        await verification.refuse_pending(realm, login, password)
        raise Unauthorized("The login or the password is wrong.")
    await verification.refuse_unverified(realm, proven.user)
    async with transaction():
        await credentials.hold(proven)
        if await totp.is_on(proven.user):
            return await challenges.begin(proven.user, device)
        return await sign_in(realm, proven.user, device)


async def login_by_code(realm: Realm, challenge: str, code: str, device: Device) -> TokensOut:
    """Sign in where a password has been proven and a code was asked for. Raises Unauthorized."""
    opened, user = await challenges.find(challenge, device)
    limits = await challenges.limits(realm, user, device, opened)
    try:
        async with realm.attempts.guess(limits) as guess, transaction():
            await challenges.answer(realm.vault, opened, user, code)
            guess.right = True
            return await sign_in(realm, user, device)
    except Unauthorized:
        await audit.record("sign_in_refused", user=user, address=device.address, detail="code")
        raise


async def _note_refusal(login: str, device: Device) -> None:
    """Write down whose account was tried, but not what was typed: it may be a password."""
    key = key_of(login)
    whose = User.select(User.id).where((User.username_key == key) | (User.email_key == key))
    row = await whose.first()
    user = row["id"] if row else None
    await audit.record("sign_in_refused", user=user, address=device.address, detail="password")


async def sign_in(realm: Realm, user: int, device: Device) -> TokensOut:
    """Open a session for somebody who has proven who they are."""
    session, token = await realm.refreshing.begin(user, device.name, device.address)
    await audit.record("signed_in", user=user, actor=user, address=device.address)
    return await pair(realm, Continued(session, user, token, datetime.now(UTC)))


async def refresh(realm: Realm, token: str) -> TokensOut:
    """Exchange a refresh token for a new pair. Raises Unauthorized."""
    try:
        return await pair(realm, await realm.refreshing.rotate(token))
    except Reused as error:
        whose = User.select(User.email, User.username).where(User.id == (error.user or 0))
        for row in await whose:
            await letters.post(realm, row["email"], letters.token_reused(realm, row["username"]))
        raise


async def logout(realm: Realm, token: str) -> None:
    """Sign out the device that a refresh token belongs to; an unknown one changes nothing."""
    session = await session_of(token)
    if session is not None:
        async with transaction():
            user = await end(session)
            if user is not None:
                await audit.record("signed_out", user=user, actor=user, detail=f"device {session}")
        await realm.tokens.follow()


async def pair(realm: Realm, device: Continued) -> TokensOut:
    """Return the tokens of a device that is signed in."""
    out = await read_user(device.user)
    fresh_at = device.fresh_at.timestamp()
    access = realm.tokens.make(out.id, device.session, out.roles, fresh_at)
    return TokensOut(access, device.token, realm.tokens.seconds, out)


async def check_password(login: str, password: str) -> UserOut | None:
    """Return the active user with this login and password; it takes as long if there is none."""
    proven = await credentials.checked(login, password)
    return None if proven is None else await read_user(proven.user)
