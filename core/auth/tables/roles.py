"""Roles, what they may do, and who has them."""

from __future__ import annotations

from piccolo.columns import (
    ForeignKey,
    OnDelete,
    Serial,
    Varchar,
)
from piccolo.columns.readable import Readable
from piccolo.table import Table

from core.auth.tables.users import User


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
