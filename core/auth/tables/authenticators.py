"""What proves who somebody is, and how often it was tried."""

from __future__ import annotations

from piccolo.columns import (
    BigInt,
    ForeignKey,
    OnDelete,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from core.auth.tables.users import User


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


class Attempt(Table, tablename="auth_attempt"):
    """Somebody tried to sign in or asked for a mail; counted to slow down who guesses."""

    id: Serial
    key = Varchar(length=100, help_text="What is counted: an account, an address, all.")
    at = Timestamptz(index=True)
