"""Refresh tokens: opaque, kept as hashes, used once. A stolen one ends its whole family."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from piccolo.columns.combination import WhereRaw

from core.auth import audit
from core.auth.settings import AuthSettings
from core.auth.tables import RefreshToken, Session
from core.auth.tokens.revocation import revoke
from core.db.engine import transaction
from core.errors import Unauthorized

NONE_USED_SINCE = (
    'NOT EXISTS (SELECT 1 FROM "auth_refresh_token" "recent"'
    ' WHERE "recent"."session" = {} AND "recent"."used_at" >= {})'
)


@dataclass(frozen=True)
class Continued:
    """A device stays signed in, with a new refresh token."""

    session: int
    user: int
    token: str
    fresh_at: datetime


class Reused(Unauthorized):
    """A refresh token came a second time: somebody may have stolen it, so its device is out."""

    code, title = "refresh_token_reused", "Refresh token used before"

    def __init__(self, session: int, user: int | None) -> None:
        super().__init__("This refresh token was used before, so this device was signed out.")
        self.session, self.user = session, user


class RefreshTokens:
    """Gives out refresh tokens. ``key`` makes the next one from the last.

    So a token sent twice within the grace (two tabs, a lost answer) gets the same successor.
    """

    def __init__(self, key: bytes, settings: AuthSettings) -> None:
        self._key, self._settings = key, settings
        self._grace = timedelta(seconds=settings.grace_seconds)

    async def begin(self, user: int, device: str, address: str) -> tuple[int, str]:
        """Open a session for a device: its id, and its first refresh token."""
        now = datetime.now(UTC)
        token = secrets.token_urlsafe(32)
        (row,) = await Session.insert(
            Session(
                user=user,
                device=device[:200],
                address=address,
                created_at=now,
                last_used_at=now,
                fresh_at=now,
                expires_at=self._expiry(now),
            )
        ).returning(Session.id)
        await self._keep(row["id"], token, now)
        return row["id"], token

    def _expiry(self, now: datetime) -> datetime:
        return now + timedelta(days=self._settings.refresh_days)

    async def _keep(self, session: int, token: str, now: datetime) -> None:
        await RefreshToken.insert(
            RefreshToken(session=session, digest=digest(token), created_at=now)
        )

    def successor(self, kept: str) -> str:
        """Return the one token that may follow the token of which ``kept`` is kept."""
        made = hmac.new(self._key, kept.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(made).rstrip(b"=").decode()

    async def rotate(self, token: str) -> Continued:
        """Exchange a token for the next one. Raises Unauthorized; Reused when it was stolen."""
        now = datetime.now(UTC)
        following = self.successor(digest(token))
        async with transaction():
            session = await self._use(token, now)
            if session is not None:
                continued = await self._touch(session, following, now)
                await self._keep(session, following, now)
                return continued
            session, reused = await self._forgiven(token, following, now)
            if not reused:
                return await self._touch(session, following, now)
            user = await end(session)
            if user is not None:
                await audit.record("refresh_reused", user=user, detail=f"device {session}")
        raise Reused(session, user)

    async def confirm(self, session: int) -> Continued:
        """Note that the password was proven on a device, and give it the next token.

        The token it has counts as used, with the same grace as any, so that two who confirm at
        once get the same next one. Raises Unauthorized.
        """
        now = datetime.now(UTC)
        async with transaction():
            kept = await self._use_last(session, now)
            following = self.successor(kept)
            await Session.update({Session.fresh_at: now}).where(Session.id == session)
            continued = await self._touch(session, following, now)
            if not await RefreshToken.exists().where(RefreshToken.digest == digest(following)):
                await self._keep(session, following, now)
        return continued

    async def _use_last(self, session: int, now: datetime) -> str:
        """Mark the token that a device has as used, and return its hash.

        When that was done a moment ago, return the hash of the one used then. One statement finds
        out and marks: between two, another could be the first, and its successor be used up.
        """
        since = now - self._grace
        used = (
            await RefreshToken.update({RefreshToken.used_at: now})
            .where(
                RefreshToken.session == session,
                RefreshToken.used_at.is_null(),
                WhereRaw(NONE_USED_SINCE, session, since),
            )
            .returning(RefreshToken.digest)
        )
        kept = used[0]["digest"] if used else await self._last_used(session, since)
        if kept is None:
            raise Unauthorized("This device is signed out. Sign in again.")
        return str(kept)

    async def _last_used(self, session: int, since: datetime) -> str | None:
        used = RefreshToken.select(RefreshToken.digest).where(
            RefreshToken.session == session, RefreshToken.used_at >= since
        )
        row = await used.order_by(RefreshToken.id, ascending=False).first()
        return row["digest"] if row else None

    async def _use(self, token: str, now: datetime) -> int | None:
        """Mark a token as used; None if it was already, or never given out."""
        rows = (
            await RefreshToken.update({RefreshToken.used_at: now})
            .where(RefreshToken.digest == digest(token), RefreshToken.used_at.is_null())
            .returning(RefreshToken.session)
        )
        return rows[0]["session"] if rows else None

    async def _touch(self, session: int, following: str, now: datetime) -> Continued:
        rows = (
            await Session.update({Session.last_used_at: now, Session.expires_at: self._expiry(now)})
            .where(Session.id == session, Session.ended_at.is_null(), Session.expires_at > now)
            .returning(Session.user, Session.fresh_at)
        )
        if not rows:
            raise Unauthorized("This device is signed out. Sign in again.")
        return Continued(session, rows[0]["user"], following, rows[0]["fresh_at"])

    async def _forgiven(self, token: str, following: str, now: datetime) -> tuple[int, bool]:
        """Return the session of a used token, and whether using it again means it was stolen."""
        rows = await RefreshToken.select(
            RefreshToken.session, RefreshToken.used_at, RefreshToken.digest
        ).where(RefreshToken.digest.is_in([digest(token), digest(following)]))
        mine = next((row for row in rows if row["digest"] == digest(token)), None)
        if mine is None:
            raise Unauthorized("This refresh token is not known. Sign in again.")
        fresh = now - mine["used_at"] <= self._grace
        unused = any(row["digest"] == digest(following) and not row["used_at"] for row in rows)
        return mine["session"], not (fresh and unused)


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def end(session: int) -> int | None:
    """Sign a device out and return whose it was. Its tokens are dead from now on."""
    async with transaction():
        rows = (
            await Session.update({Session.ended_at: datetime.now(UTC)})
            .where(Session.id == session, Session.ended_at.is_null())
            .returning(Session.user)
        )
        if not rows:
            return None
        await revoke(rows[0]["user"], session)
    return int(rows[0]["user"])


async def session_of(token: str) -> int | None:
    """Return the session that a refresh token belongs to."""
    row = (
        await RefreshToken.select(RefreshToken.session)
        .where(RefreshToken.digest == digest(token))
        .first()
    )
    return row["session"] if row else None


async def forget_old(days: int) -> None:
    """Delete devices that are signed out since a day, and tokens used more than ``days`` ago."""
    now = datetime.now(UTC)
    await Session.delete().where(Session.expires_at < now - timedelta(days=1))
    await RefreshToken.delete().where(RefreshToken.used_at < now - timedelta(days=days))
