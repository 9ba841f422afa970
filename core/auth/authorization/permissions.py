"""Which role holds which permission: declared by plugins, granted once, then changed by admins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from core.auth.tables import KnownPermission, Role, RolePermission
from core.db.engine import transaction
from core.plugins import Permission, Plugins

ADMIN = "admin"


def declared(plugins: Plugins) -> list[Permission]:
    """Return every permission that an enabled plugin asks for."""
    return [each for _, found in plugins.call("register_permissions") for each in found]


async def grant_new(plugins: Plugins) -> None:
    """Give permissions seen for the first time to the roles their plugin names; make those roles.

    Called by ``migrate`` under its lock. What an admin took away later stays away.
    """
    async with transaction():
        known = {row["name"] for row in await KnownPermission.select(KnownPermission.name)}
        new = [each for each in declared(plugins) if each.name not in known]
        roles = await _roles({ADMIN, "user", *(role for each in new for role in each.roles)})
        for each in new:
            await KnownPermission.insert(
                KnownPermission(name=each.name, description=each.description)
            )
            grants = [RolePermission(role=roles[role], permission=each.name) for role in each.roles]
            if grants:
                await RolePermission.insert(*grants)


async def _roles(names: set[str]) -> dict[str, int]:
    found = {row["name"]: row["id"] for row in await Role.select(Role.id, Role.name)}
    for name in sorted(names - set(found)):
        (row,) = await Role.insert(Role(name=name)).returning(Role.id)
        found[name] = row["id"]
    return found


async def by_role(plugins: Plugins) -> Mapping[str, frozenset[str]]:
    """Return what each role holds now; ``admin`` holds all."""
    everything = {each.name for each in declared(plugins)}
    held: dict[str, set[str]] = defaultdict(set)
    rows = await RolePermission.select(RolePermission.role.name, RolePermission.permission)
    for row in rows:
        held[row["role.name"]].add(row["permission"])
    held[ADMIN] = everything
    return {role: frozenset(names & everything) for role, names in held.items()}
