"""Who has which role, and who is switched off. A change bites on every worker in a second."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from core.auth import audit
from core.auth.accounts.names import key_of
from core.auth.accounts.users import give_roles
from core.auth.authenticators.password_changes import end_sessions
from core.auth.authorization.grants import require_known
from core.auth.authorization.permissions import ADMIN
from core.auth.tables import AdminSession, Role, User, UserRole
from core.auth.tokens.revocation import revoke
from core.db.engine import locked, transaction
from core.errors import Conflict, NotFound


class LastAdmin(Conflict):
    """Nobody would be left who may manage accounts. Make somebody else an administrator first."""

    code, title = "last_admin", "The last administrator"

    def __init__(self) -> None:
        super().__init__(
            "This is the last account that may manage accounts. "
            "First make another one active, admin and superuser."
        )


async def change(user: int, *, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
    """Give a user roles and take others. ``admin`` brings and takes the way into the admin, too.

    Raises NotFound for a role that is not there, LastAdmin.
    """
    async with transaction():
        await hold_admins()
        await require_known({*add, *remove})
        await give_roles(user, sorted(set(add) - set(await of(user))))
        if ADMIN in add:
            await _let_in(user, entering=True)
        if ADMIN in remove:
            await require_another_admin(user)
            await _let_in(user, entering=False)
        has = await UserRole.select(UserRole.id, UserRole.role.name).where(UserRole.user == user)
        for row in has:
            if row["role.name"] in remove:
                await UserRole.delete().where(UserRole.id == row["id"])
        await revoke(user)
        signs = [*(f"+{name}" for name in add), *(f"-{name}" for name in remove)]
        await audit.record("roles_changed", user=user, detail=" ".join(signs))


async def _let_in(user: int, *, entering: bool) -> None:
    values: dict[Any, Any] = {User.admin: entering, User.superuser: entering}
    await User.update(values).where(User.id == user)
    if not entering:
        await AdminSession.delete().where(AdminSession.user_id == user)


async def switch(user: int, *, active: bool) -> None:
    """Switch an account on, or off with all its sessions. Raises LastAdmin."""
    async with transaction():
        await hold_admins()
        if not active:
            await require_another_admin(user)
            await end_sessions(user)
        await User.update({User.active: active}).where(User.id == user)
        await revoke(user)
        await audit.record("activated" if active else "deactivated", user=user)


async def hold_admins() -> None:
    """Let nobody else make or unmake administrators until the transaction around this ends."""
    await locked(Role.select(Role.id).where(Role.name == ADMIN))


async def require_another_admin(user: int) -> None:
    """Raise LastAdmin if without ``user`` nobody could manage accounts.

    Call it inside the transaction that makes the change, after ``hold_admins``.
    """
    if await _is_admin(user) and not await User.exists().where(_entering() & (User.id != user)):
        raise LastAdmin
    rows = await UserRole.select(UserRole.user).where(
        UserRole.role.name == ADMIN,
        UserRole.user.active == True,  # noqa: E712
    )
    if {row["user"] for row in rows} == {user}:
        raise LastAdmin


async def _is_admin(user: int) -> bool:
    return await User.exists().where(_entering() & (User.id == user))


def _entering() -> Any:
    return User.active.eq(True) & User.admin.eq(True) & User.superuser.eq(True)


async def find(name: str) -> int:
    """Return the id of the user with this name or address. Raises NotFound."""
    key = key_of(name)
    row = (
        await User.select(User.id)
        .where((User.username_key == key) | (User.email_key == key))
        .first()
    )
    if row is None:
        raise NotFound(f"There is no user {name}.")
    return int(row["id"])


async def of(user: int) -> list[str]:
    """Return the names of the roles that a user has."""
    rows = await UserRole.select(UserRole.role.name).where(UserRole.user == user)
    return sorted(row["role.name"] for row in rows)


async def users() -> list[dict[str, Any]]:
    """Return every user with ``id``, ``username``, ``email``, ``active`` and ``roles``."""
    shown = await User.select(User.id, User.username, User.email, User.active).order_by(User.id)
    roles: dict[int, list[str]] = {row["id"]: [] for row in shown}
    for row in await UserRole.select(UserRole.user, UserRole.role.name).order_by(UserRole.id):
        roles.setdefault(row["user"], []).append(row["role.name"])
    return [row | {"roles": sorted(roles[row["id"]])} for row in shown]
