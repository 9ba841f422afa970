"""How people become users: invited, and once a link in a mail was followed."""

from __future__ import annotations

from piccolo.columns import (
    ForeignKey,
    OnDelete,
    Serial,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from core.auth.tables.users import User


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
