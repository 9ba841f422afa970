"""Users, what they may do, and where they are signed in."""

from core.auth.tables.authenticators import ApiKey, Attempt, RecoveryCode, Totp
from core.auth.tables.joining import EmailCode, Invitation, PendingUser
from core.auth.tables.keys import SigningKey
from core.auth.tables.roles import KnownPermission, Role, RolePermission, UserRole
from core.auth.tables.sessions import AdminSession, RefreshToken, Revocation, Session, Ticket
from core.auth.tables.users import AuditEntry, User

__all__ = [
    "AdminSession",
    "ApiKey",
    "Attempt",
    "AuditEntry",
    "EmailCode",
    "Invitation",
    "KnownPermission",
    "PendingUser",
    "RecoveryCode",
    "RefreshToken",
    "Revocation",
    "Role",
    "RolePermission",
    "Session",
    "SigningKey",
    "Ticket",
    "Totp",
    "User",
    "UserRole",
]
