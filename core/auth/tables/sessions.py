"""Where somebody is signed in."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from piccolo.columns import (
    BigInt,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table
from piccolo_api.session_auth.tables import SessionsBase

from core.auth.tables.users import User


class Session(Table, tablename="auth_session"):
    """One device where a user is signed in. Its refresh tokens are a family."""

    id: Serial
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    device = Varchar(length=200, default="")
    address = Varchar(length=45, default="")
    created_at = Timestamptz()
    last_used_at = Timestamptz()
    fresh_at = Timestamptz(help_text="When a password or a code was last proven here.")
    expires_at = Timestamptz(index=True)
    ended_at = Timestamptz(null=True, default=None)


class RefreshToken(Table, tablename="auth_refresh_token"):
    """A refresh token that was given out, as a hash. Used once; each use makes the next."""

    id: Serial
    session = ForeignKey(Session, on_delete=OnDelete.cascade, null=False)
    digest = Varchar(length=64, unique=True)
    created_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class Revocation(Table, tablename="auth_revocation"):
    """Access tokens that are dead before their time. Workers read the new rows each second."""

    id: Serial
    user = Integer()
    session = Integer(help_text="0: every session of the user.")
    at = Timestamptz(index=True)


class Ticket(Table, tablename="auth_ticket"):
    """Opens one connection by its address alone, where no header can be sent. Used once."""

    id: Serial
    digest = Varchar(length=64, unique=True)
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False, index=True)
    session = Integer(help_text="0: made with an API key.")
    api_key = Integer(help_text="0: made by somebody who is signed in.")
    auth_time = BigInt()
    created_at = Timestamptz()
    expires_at = Timestamptz(index=True)


class AdminSession(SessionsBase, tablename="auth_admin_session"):
    """A browser that is signed in to the admin. Only the hash of its token is kept."""

    @classmethod
    async def create_session(cls, *given: Any, **named: Any) -> SessionsBase:
        """Make a session; the one returned has its token in clear. Old ones are deleted."""
        await cls.delete().where(cls.expiry_date < datetime.now())
        session = await super().create_session(*given, **named)
        await cls.update({cls.token: _digest(session.token)}).where(cls.id == session.id)
        return session

    @classmethod
    async def get_user_id(cls, token: str, increase_expiry: timedelta | None = None) -> int | None:
        """Return whose session a token belongs to."""
        return await super().get_user_id(_digest(token), increase_expiry)

    @classmethod
    async def remove_session(cls, token: str) -> None:
        """End a session."""
        await super().remove_session(_digest(token))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
