"""Users, what they may do, and where they are signed in."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from piccolo.apps.user.tables import BaseUser
from piccolo.columns import (
    BigInt,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.readable import Readable
from piccolo.table import Table
from piccolo_api.session_auth.tables import SessionsBase

from core.auth import passwords
from core.auth.names import key_of


class User(BaseUser, tablename="auth_user"):
    """A person. REST, sockets and the admin know the same users."""

    username_key = Varchar(length=254, unique=True, help_text="The username without case or form.")
    email_key = Varchar(length=254, unique=True, help_text="The address without case or form.")
    created_at = Timestamptz(index=True)
    email_verified_at = Timestamptz(null=True, default=None)

    _min_password_length = passwords.SHORTEST
    _max_password_length = passwords.LONGEST

    def __init__(self, **values: Any) -> None:
        if values.get("password"):
            values["password"] = _as_hash(values["password"])
        Table.__init__(self, **values)

    def __setattr__(self, name: str, value: Any) -> None:
        Table.__setattr__(self, name, _as_hash(value) if name == "password" and value else value)

    @classmethod
    def hash_password(cls, password: str, salt: str = "", iterations: int | None = None) -> str:
        """Hash for storage. Piccolo calls it where it keeps a password."""
        return _as_hash(password)

    @classmethod
    async def create_user(cls, username: str, password: str, **values: Any) -> User:
        """Make an account as a form of the admin says. Piccolo calls it."""
        from core.admin.account_rules import create_user

        return await create_user(username, password, **values)

    @classmethod
    async def update_password(cls, user: str | int, password: str) -> None:
        """Set a password, given in clear. ``user`` is an id or a username."""
        cls._validate_password(password)
        whose = cls.username_key == key_of(user) if isinstance(user, str) else cls.id == user
        hashed = await passwords.hashed(password)
        await cls.update({cls.password: hashed}).where(whose)

    @classmethod
    async def login(cls, username: str, password: str) -> int | None:
        """Return the id of the administrator with this name or address and password."""
        from core.admin.signing_in import login

        return await login(username, password)


class Role(Table, tablename="auth_role"):
    """A name for a set of permissions."""

    id: Serial
    name = Varchar(length=50, unique=True)
    description = Varchar(length=500, default="")

    @classmethod
    def get_readable(cls) -> Readable:
        """Return how a role is shown."""
        return Readable(template="%s", columns=[cls.name])


class RolePermission(Table, tablename="auth_role_permission"):
    """A role holds a permission. Granted once by the plugin that declares it, then by admins."""

    id: Serial
    role = ForeignKey(Role, on_delete=OnDelete.cascade, null=False)
    permission = Varchar(length=100, index=True)


class UserRole(Table, tablename="auth_user_role"):
    """A user has a role."""

    id: Serial
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False)
    role = ForeignKey(Role, on_delete=OnDelete.cascade, null=False)


class KnownPermission(Table, tablename="auth_known_permission"):
    """A permission that some plugin declared; its first roles have been granted already."""

    id: Serial
    name = Varchar(length=100, unique=True)
    description = Varchar(length=500, default="")


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


def _as_hash(password: str) -> str:
    """Never let a password in clear into a row, whoever makes it."""
    known = password.startswith(passwords.PREFIX)
    return password if known else passwords.hash_now(password)


class EmailCode(Table, tablename="auth_email_code"):
    """A link that was mailed: to verify or change an address, or to set a password."""

    id: Serial
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False, index=True)
    purpose = Varchar(length=20)
    digest = Varchar(length=64, unique=True)
    email = Varchar(length=254, help_text="The address it was sent to, or that is to be.")
    created_at = Timestamptz()
    expires_at = Timestamptz(index=True)
    used_at = Timestamptz(null=True, default=None)


class Invitation(Table, tablename="auth_invitation"):
    """Lets one person register where registration is by invitation. Used once."""

    id: Serial
    digest = Varchar(length=64, unique=True)
    email = Varchar(length=254, default="", help_text="Empty: anybody who has the code.")
    made_by = ForeignKey(User, on_delete=OnDelete.set_null, null=True, index=True)
    created_at = Timestamptz()
    expires_at = Timestamptz(index=True)
    used_at = Timestamptz(null=True, default=None)


class PendingUser(Table, tablename="auth_pending_user"):
    """Somebody who registered and has not followed the link yet. The name is theirs meanwhile.

    Written also for an address that has an account, so that nothing tells the two apart.
    """

    id: Serial
    username = Varchar(length=100)
    username_key = Varchar(length=254, unique=True)
    email = Varchar(length=254)
    email_key = Varchar(length=254, index=True)
    password = Varchar(length=255, secret=True, help_text="The hash.")
    digest = Varchar(length=64, unique=True)
    created_at = Timestamptz()
    expires_at = Timestamptz(index=True)


class Totp(Table, tablename="auth_totp"):
    """A user's authenticator app (RFC 6238). Asked for once it is confirmed."""

    id: Serial
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False, unique=True)
    secret = Varchar(length=255, secret=True, help_text="Encrypted with the server's secret.")
    created_at = Timestamptz()
    confirmed_at = Timestamptz(null=True, default=None)
    last_step = BigInt(default=0, help_text="The time step of the last code; none is used twice.")


class RecoveryCode(Table, tablename="auth_recovery_code"):
    """A code for who has lost the authenticator. Used once."""

    id: Serial
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False, index=True)
    digest = Varchar(length=64, unique=True)
    used_at = Timestamptz(null=True, default=None)


class ApiKey(Table, tablename="auth_api_key"):
    """A key for a program that acts for a user, with some of the user's permissions."""

    id: Serial
    user = ForeignKey(User, on_delete=OnDelete.cascade, null=False, index=True)
    name = Varchar(length=100)
    prefix = Varchar(length=16, help_text="The beginning of the key, to tell it by.")
    digest = Varchar(length=64, unique=True)
    permissions = Text(default="[]", help_text="A JSON list.")
    created_at = Timestamptz()
    expires_at = Timestamptz(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class SigningKey(Table, tablename="auth_signing_key"):
    """A key that signs access tokens, for those who check them without asking (RFC 7517)."""

    id: Serial
    kid = Varchar(length=40, unique=True)
    algorithm = Varchar(length=10)
    public = Text()
    private = Text(secret=True, help_text="Encrypted with the server's secret.")
    created_at = Timestamptz()
    retired_at = Timestamptz(null=True, default=None)


class Attempt(Table, tablename="auth_attempt"):
    """Somebody tried to sign in or asked for a mail; counted to slow down who guesses."""

    id: Serial
    key = Varchar(length=100, help_text="What is counted: an account, an address, all.")
    at = Timestamptz(index=True)


class AuditEntry(Table, tablename="auth_audit_entry"):
    """Something that matters for security happened. Written, never changed."""

    id: Serial
    at = Timestamptz(index=True)
    event = Varchar(length=50, index=True)
    user = Integer(null=True, default=None, index=True, help_text="Whom it concerns; no key.")
    actor = Integer(null=True, default=None, help_text="Who did it.")
    address = Varchar(length=45, default="")
    detail = Text(default="")
