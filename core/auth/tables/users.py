"""Users, and what happened to their accounts."""

from __future__ import annotations

from typing import Any

from piccolo.apps.user.tables import BaseUser
from piccolo.columns import (
    Integer,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from core.auth.accounts.names import key_of
from core.auth.authenticators import passwords


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


def _as_hash(password: str) -> str:
    """Never let a password in clear into a row, whoever makes it."""
    known = password.startswith(passwords.PREFIX)
    return password if known else passwords.hash_now(password)


class AuditEntry(Table, tablename="auth_audit_entry"):
    """Something that matters for security happened. Written, never changed."""

    id: Serial
    at = Timestamptz(index=True)
    event = Varchar(length=50, index=True)
    user = Integer(null=True, default=None, index=True, help_text="Whom it concerns; no key.")
    actor = Integer(null=True, default=None, help_text="Who did it.")
    address = Varchar(length=45, default="")
    detail = Text(default="")
