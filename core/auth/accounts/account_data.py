"""What core keeps about somebody, as they may take it with them."""

from __future__ import annotations

from typing import Any

import msgspec
from piccolo.columns import Column

from core.auth.tables import AdminSession, ApiKey, AuditEntry, Session, User, UserRole

USER = (User.id, User.username, User.email, User.first_name, User.last_name, User.created_at)
MORE = (User.email_verified_at, User.last_login)
SESSION = (Session.device, Session.address, Session.created_at, Session.last_used_at)
ENDS = (Session.expires_at, Session.ended_at)
KEY = (ApiKey.name, ApiKey.prefix, ApiKey.permissions, ApiKey.created_at)
USES = (ApiKey.expires_at, ApiKey.last_used_at, ApiKey.ended_at)
AUDIT: tuple[Column, ...] = (AuditEntry.at, AuditEntry.event, AuditEntry.address)


async def export(user: int) -> dict[str, Any]:
    """Return the account, its devices, keys and history; nothing that proves who somebody is."""
    (account,) = await User.select(*USER, *MORE).where(User.id == user)
    roles = await UserRole.select(UserRole.role.name).where(UserRole.user == user)
    keys = await ApiKey.select(*KEY, *USES).where(ApiKey.user == user).order_by(ApiKey.id)
    return {
        "account": account | {"roles": sorted(each["role.name"] for each in roles)},
        "sessions": await Session.select(*SESSION, *ENDS)
        .where(Session.user == user)
        .order_by(Session.id),
        "api_keys": [
            each | {"permissions": msgspec.json.decode(each["permissions"])} for each in keys
        ],
        "history": await AuditEntry.select(*AUDIT)
        .where(AuditEntry.user == user)
        .order_by(AuditEntry.id),
    }


async def delete(user: int) -> None:
    """Delete the account; devices, keys, codes and roles go with it."""
    await AuditEntry.update({AuditEntry.detail: ""}).where(AuditEntry.user == user)
    await AdminSession.delete().where(AdminSession.user_id == user)
    await User.delete().where(User.id == user)
