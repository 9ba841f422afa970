"""The keys that sign access tokens."""

from __future__ import annotations

from piccolo.columns import (
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table


class SigningKey(Table, tablename="auth_signing_key"):
    """A key that signs access tokens, for those who check them without asking (RFC 7517)."""

    id: Serial
    kid = Varchar(length=40, unique=True)
    algorithm = Varchar(length=10)
    public = Text()
    private = Text(secret=True, help_text="Encrypted with the server's secret.")
    created_at = Timestamptz()
    retired_at = Timestamptz(null=True, default=None)
