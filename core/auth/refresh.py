"""Refresh tokens: opaque, kept as hashes, used once. A stolen one ends its whole family."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from core.auth.revocation import revoke
from core.auth.settings import AuthSettings
from core.auth.tables import RefreshToken, Session
from core.db.engine import transaction
from core.errors import Unauthorized


class RefreshTokens:
    """Gives out refresh tokens. ``key`` makes the next one from the last.

    So a token sent twice within the grace (two tabs, a lost answer) gets the same successor.
    """

    def __init__(self, key: bytes, settings: AuthSettings) -> None:
        self._key, self._settings = key, settings

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

    def successor(self, token: str) -> str:
        """Return the one token that may follow ``token``."""
        made = hmac.new(self._key, token.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(made).rstrip(b"=").decode()

    async def rotate(self, token: str) -> tuple[int, int, str]:
        """Exchange a token: ``(session, user, next token)``. Raises Unauthorized."""
        now = datetime.now(UTC)
        following = self.successor(token)
        async with transaction():
            session = await self._use(token, now)
            if session is not None:
                user = await self._touch(session, now)
                await self._keep(session, following, now)
                return session, user, following
            session, reused = await self._forgiven(token, following, now)
            if not reused:
                return session, await self._touch(session, now), following
            await end(session)
        raise Unauthorized("This refresh token was used before, so this device was signed out.")

    async def _use(self, token: str, now: datetime) -> int | None:
        """Mark a token as used; None if it was already, or never given out."""
        rows = (
            await RefreshToken.update({RefreshToken.used_at: now})
            .where(RefreshToken.digest == digest(token), RefreshToken.used_at.is_null())
            .returning(RefreshToken.session)
        )
        return rows[0]["session"] if rows else None

    async def _touch(self, session: int, now: datetime) -> int:
        rows = (
            await Session.update({Session.last_used_at: now, Session.expires_at: self._expiry(now)})
            .where(Session.id == session, Session.ended_at.is_null(), Session.expires_at > now)
            .returning(Session.user)
        )
        if not rows:
            raise Unauthorized("This device is signed out. Sign in again.")
        return int(rows[0]["user"])

    async def _forgiven(self, token: str, following: str, now: datetime) -> tuple[int, bool]:
        """Return the session of a used token, and whether using it again means it was stolen."""
        rows = await RefreshToken.select(
            RefreshToken.session, RefreshToken.used_at, RefreshToken.digest
        ).where(RefreshToken.digest.is_in([digest(token), digest(following)]))
        mine = next((row for row in rows if row["digest"] == digest(token)), None)
        if mine is None:
            raise Unauthorized("This refresh token is not known. Sign in again.")
        fresh = now - mine["used_at"] <= timedelta(seconds=self._settings.grace_seconds)
        unused = any(row["digest"] == digest(following) and not row["used_at"] for row in rows)
        return mine["session"], not (fresh and unused)


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def end(session: int) -> None:
    """Sign a device out. Its tokens are dead from now on."""
    async with transaction():
        rows = (
            await Session.update({Session.ended_at: datetime.now(UTC)})
            .where(Session.id == session, Session.ended_at.is_null())
            .returning(Session.user)
        )
        if rows:
            await revoke(rows[0]["user"], session)


async def session_of(token: str) -> int | None:
    """Return the session that a refresh token belongs to."""
    row = (
        await RefreshToken.select(RefreshToken.session)
        .where(RefreshToken.digest == digest(token))
        .first()
    )
    return row["session"] if row else None
