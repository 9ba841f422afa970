"""Roles and the permissions they hold. A change bites on every worker within a second."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from core.auth import audit
from core.auth.authorization.permissions import ADMIN
from core.auth.tables import Role, RolePermission
from core.auth.tokens.revocation import NOBODY, revoke
from core.db.engine import transaction
from core.db.errors import is_duplicate
from core.errors import Conflict, Invalid, NotFound
from core.reading import did_you_mean

NAME = re.compile(r"[a-z][a-z0-9_-]{1,49}")


async def held() -> Mapping[str, Sequence[str]]:
    """Return the permissions that each role was granted, sorted; ``admin`` holds all anyway."""
    roles: dict[str, list[str]] = {
        row["name"]: [] for row in await Role.select(Role.name).order_by(Role.name)
    }
    grants = RolePermission.select(RolePermission.role.name, RolePermission.permission)
    for row in await grants.order_by(RolePermission.permission):
        roles[row["role.name"]].append(row["permission"])
    return roles


async def create(name: str) -> None:
    """Make a role that holds nothing yet. Raises Invalid or Conflict."""
    if not NAME.fullmatch(name):
        raise Invalid("A role's name has 2 to 50 of a-z, 0-9, _ and -, and begins with a letter.")
    try:
        async with transaction():
            await Role.insert(Role(name=name))
            await audit.record("role_made", detail=name)
    except Exception as error:
        if is_duplicate(error):
            raise Conflict(f"There is a role {name} already.") from None
        raise


async def grant(name: str, permission: str, known: Collection[str]) -> bool:
    """Let a role hold a permission, one of ``known``; False if it does already."""
    if permission not in known:
        raise NotFound(f"There is no permission {permission}{did_you_mean(permission, known)}")
    try:
        async with transaction():
            role = await _changeable(name)
            await RolePermission.insert(RolePermission(role=role, permission=permission))
            await _tell("role_granted", name, permission)
    except Exception as error:
        if is_duplicate(error):
            return False
        raise
    return True


async def take(name: str, permission: str) -> bool:
    """Take a permission from a role; False if it did not hold it."""
    async with transaction():
        role = await _changeable(name)
        mine = (RolePermission.role == role) & (RolePermission.permission == permission)
        if not await RolePermission.delete().where(mine).returning(RolePermission.id):
            return False
        await _tell("role_revoked", name, permission)
    return True


async def _tell(event: str, role: str, permission: str) -> None:
    await revoke(NOBODY)
    await audit.record(event, detail=f"{role} {permission}")


async def _changeable(name: str) -> int:
    if name == ADMIN:
        raise Conflict("admin holds every permission, always.")
    await require_known([name])
    (row,) = await Role.select(Role.id).where(Role.name == name)
    return int(row["id"])


async def require_known(names: Collection[str]) -> None:
    """Raise NotFound for the name of a role that does not exist."""
    known = [row["name"] for row in await Role.select(Role.name)]
    for name in sorted(set(names) - set(known)):
        raise NotFound(f"There is no role {name}{did_you_mean(name, known)}")
