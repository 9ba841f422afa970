"""Authenticator apps (RFC 6238): setting one up, and codes, each of which works once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyotp

from core.auth import audit
from core.auth.authenticators.attempts import Limit
from core.auth.authenticators.credentials import require_own
from core.auth.realm import Realm
from core.auth.schemas.totp import TotpOut
from core.auth.tables import RecoveryCode, Totp, User
from core.db.engine import transaction
from core.db.errors import is_duplicate
from core.errors import Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from core.auth.tokens.vault import Vault

ISSUER = "Tenfold"
STEP = 30
RECOVERY_CODES = 10
RECOVERY_BYTES = 10


class TotpOn(Conflict):
    """An authenticator app is asked for already. Switch it off before setting up another."""

    code, title = "totp_on", "Already on"


class WrongCode(Forbidden):
    """The code is wrong, was used before, or is too old."""

    code, title = "wrong_code", "Wrong code"


async def begin(realm: Realm, user: int, password: str) -> TotpOut:
    """Make a secret. It is asked for once a first code was proven. Raises TotpOn."""
    await require_own(realm, user, password)
    secret = pyotp.random_base32()
    row = Totp(user=user, secret=realm.vault.lock(secret), created_at=datetime.now(UTC))
    try:
        async with transaction():
            await Totp.delete().where(Totp.user == user, Totp.confirmed_at.is_null())
            await Totp.insert(row)
    except Exception as error:
        if is_duplicate(error):
            raise TotpOn("You have an authenticator app already. Switch it off first.") from None
        raise
    (who,) = await User.select(User.email).where(User.id == user)
    uri = pyotp.TOTP(secret).provisioning_uri(name=who["email"], issuer_name=ISSUER)
    return TotpOut(secret, uri)


async def confirm(realm: Realm, user: int, code: str) -> list[str]:
    """Switch it on with its first code; return the recovery codes. Raises WrongCode or NotFound."""
    rows = await Totp.select(Totp.secret).where(Totp.user == user, Totp.confirmed_at.is_null())
    if not rows:
        raise NotFound("You are not setting up an authenticator app. Begin with POST /auth/totp.")
    async with realm.attempts.guess([Limit("setup", str(user), 10, 3600)]) as guess:
        codes = await _confirm(user, step_of(realm.vault.unlock(rows[0]["secret"]), code))
        guess.right = codes is not None
    if codes is None:
        raise WrongCode("The code is wrong. Is the clock of the device right?")
    return codes


async def _confirm(user: int, step: int | None) -> list[str] | None:
    changes: dict[Any, Any] = {Totp.confirmed_at: datetime.now(UTC), Totp.last_step: step}
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    async with transaction():
        mine = (Totp.user == user) & Totp.confirmed_at.is_null()
        if step is None or not await Totp.update(changes).where(mine).returning(Totp.id):
            return None
        await RecoveryCode.delete().where(RecoveryCode.user == user)
        await RecoveryCode.insert(
            *(RecoveryCode(user=user, digest=_digest(_plain(code))) for code in codes)
        )
        await audit.record("totp_on", user=user, actor=user)
    return codes


async def remove(realm: Realm, user: int, password: str) -> None:
    """Switch it off; the recovery codes are gone too. Raises NotFound."""
    await require_own(realm, user, password)
    if not await forget(user):
        raise NotFound("You have no authenticator app.")


async def forget(user: int) -> bool:
    """Delete the app and the recovery codes of a user; False if there were none."""
    async with transaction():
        found = await Totp.delete().where(Totp.user == user).returning(Totp.id)
        await RecoveryCode.delete().where(RecoveryCode.user == user)
        if found:
            await audit.record("totp_off", user=user, actor=user)
    return bool(found)


async def is_on(user: int) -> bool:
    """Tell whether a user is asked for codes."""
    return await Totp.exists().where(Totp.user == user, Totp.confirmed_at.is_not_null())


async def spend(vault: Vault, user: int, code: str) -> bool:
    """Use up a code or a recovery code of a user; False if it is wrong or was used before."""
    rows = await Totp.select(Totp.secret).where(Totp.user == user, Totp.confirmed_at.is_not_null())
    if not rows:
        return False
    step = step_of(vault.unlock(rows[0]["secret"]), code)
    if step is None:
        return await _recover(user, code)
    newer = Totp.update({Totp.last_step: step}).where(Totp.user == user, Totp.last_step < step)
    return bool(await newer.returning(Totp.id))


async def require_code(realm: Realm, user: int, code: str) -> None:
    """Use up a code of somebody signed in. Raises WrongCode, or TooManyAttempts after too many."""
    async with realm.attempts.guess(realm.attempts.of_owner(user)) as guess:
        guess.right = await spend(realm.vault, user, code)
    if not guess.right:
        raise WrongCode("This code is wrong, or was used before.")


async def _recover(user: int, code: str) -> bool:
    rows = (
        await RecoveryCode.update({RecoveryCode.used_at: datetime.now(UTC)})
        .where(
            RecoveryCode.user == user,
            RecoveryCode.digest == _digest(_plain(code)),
            RecoveryCode.used_at.is_null(),
        )
        .returning(RecoveryCode.id)
    )
    if rows:
        await audit.record("recovery_code_used", user=user, actor=user)
    return bool(rows)


def step_of(secret: str, code: str) -> int | None:
    """Return the time step that a code belongs to: this one, the one before or the one after."""
    given, now = _plain(code).encode(), int(time.time()) // STEP
    making = pyotp.TOTP(secret, interval=STEP)
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(making.generate_otp(step).encode(), given):
            return step
    return None


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
