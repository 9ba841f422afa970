"""What has to be right when accounts are changed in the admin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from piccolo.columns import Column
from starlette.requests import Request

from core.admin.values import require
from core.auth import audit
from core.auth.accounts import personal, users
from core.auth.accounts.names import key_of, refuse_odd
from core.auth.authenticators import passwords
from core.auth.authenticators.policy import refuse_weak
from core.auth.authorization import roles
from core.auth.authorization.permissions import ADMIN
from core.auth.schemas.accounts import Email, Password, Username
from core.auth.tables import (
    AdminSession,
    KnownPermission,
    Role,
    RolePermission,
    Session,
    User,
    UserRole,
)
from core.auth.tokens.revocation import revoke
from core.db.engine import transaction
from core.errors import Conflict, Invalid
from core.tasks import task as tasks

RULES: dict[str, tuple[Any, str]] = {
    "username": (Username, "A username has 2 to 50 letters, digits, _, and . or - in between."),
    "email": (Email, "This is not an e-mail address."),
    "password": (
        Password,
        f"A password has {passwords.SHORTEST} to {passwords.LONGEST} characters.",
    ),
}
Values = dict[Column, Any]


def check(name: str, value: Any) -> str:
    """Return a username, address or password if registration would take it. Raises Invalid."""
    kind, sentence = RULES[name]
    try:
        text: str = msgspec.convert(value, kind)
        if name != "password":
            refuse_odd(text)
    except ValueError:
        raise Invalid(sentence) from None
    return text


async def create_user(username: str, password: str, **given: Any) -> User:
    """Make an account as a form of the admin says, and let the plugins hear of it."""
    username, email = check("username", username), check("email", given.get("email"))
    refuse_weak(password, username, email)
    hashed = await passwords.hashed(check("password", password))
    admin = bool(given.get("admin"))
    names = ("first_name", "last_name", "active", "superuser")
    others: Any = {
        User._meta.get_column_by_name(name): given[name]
        for name in names
        if given.get(name) is not None
    }
    require(others)
    async with transaction():
        roles = ["admin", "user"] if admin else ["user"]
        id = await users.create_user(username, email, hashed, roles, admin=admin)
        if others:
            await User.update(others).where(User.id == id)
        rows = await User.objects().where(User.id == id)
    return rows[0]


async def change_user(row_id: int, values: Values) -> Values:
    """Check a change of an account; a new password or a switched off account ends its sessions."""
    changed = dict(values)
    if User.username in changed:
        changed[User.username_key] = key_of(check("username", changed[User.username]))
    if User.email in changed:
        changed[User.email_key] = key_of(check("email", changed[User.email]))
    password = changed.pop(User.password, None)
    if password:
        refuse_weak(password, *await _names(row_id))
        changed[User.password] = await passwords.hashed(check("password", password))
    lost = [c for c in (User.active, User.admin, User.superuser) if changed.get(c) is False]
    if lost:
        await _unmake(row_id, lost)
    if password or changed.get(User.active) is False:
        await _sign_out(row_id)
    return changed


async def _names(user: int) -> list[str]:
    rows = await User.select(User.username, User.email).where(User.id == user)
    return [name for row in rows for name in (row["username"], row["email"])]


async def delete_user(row_id: int, request: Request) -> None:
    """Let every plugin delete what it keeps about somebody, and the account with it.

    Nobody deletes their own account, so that somebody who may manage accounts is always left.
    """
    if row_id == request.user.user_id:
        raise Conflict("You cannot delete the account that you are signed in with.")
    plugins = tasks.current()
    if plugins is None:
        raise RuntimeError("The admin runs without plugins.")
    await personal.erase(plugins, row_id, actor=request.user.user_id)


async def _unmake(user: int, lost: Sequence[Column]) -> None:
    """Take flags from an account, here and not by Piccolo: of two last admins, one stays."""
    async with transaction():
        await roles.hold_admins()
        await roles.require_another_admin(user)
        await User.update(dict[Any, Any].fromkeys(lost, False)).where(User.id == user)


async def _sign_out(user: int) -> None:
    async with transaction():
        now = datetime.now(UTC)
        await Session.update({Session.ended_at: now}).where(
            Session.user == user, Session.ended_at.is_null()
        )
        await AdminSession.delete().where(AdminSession.user_id == user)
        await revoke(user)


async def grant(row: RolePermission) -> RolePermission:
    """Refuse a permission that no plugin has declared."""
    await _require_known(row.permission)
    return row


async def change_grant(row_id: int, values: Values) -> Values:
    """Refuse a permission that no plugin has declared."""
    if RolePermission.permission in values:
        await _require_known(values[RolePermission.permission])
    return values


async def _require_known(permission: str) -> None:
    rows = await KnownPermission.select(KnownPermission.name).order_by(KnownPermission.name)
    names = [row["name"] for row in rows]
    if permission not in names:
        raise Invalid(f"There is no permission {permission!r}. There are: {', '.join(names)}.")


async def give_role(row: UserRole, request: Request | None = None) -> UserRole:
    """Let the user's devices fetch new tokens, which know the new role."""
    await revoke(row.user)
    await _note(row.user, "+", row.role, request)
    return row


async def _note(user: int, sign: str, role: int, request: Request | None) -> None:
    for row in await Role.select(Role.name).where(Role.id == role):
        actor = request.user.user_id if request else None
        detail = f"{sign}{row['name']}"
        await audit.record("roles_changed", user=user, actor=actor, detail=detail)


async def change_role(row_id: int, values: Values, request: Request | None = None) -> Values:
    """Let the devices of who had the role, and of who gets it, fetch new tokens."""
    async with transaction():
        await _lose(row_id, request)
        changing = UserRole.update(dict[Any, Any](values)).where(UserRole.id == row_id)
        for row in await changing.returning(UserRole.user, UserRole.role):
            await revoke(row["user"])
            await _note(row["user"], "+", row["role"], request)
    return values


async def take_role(row_id: int, request: Request | None = None) -> None:
    """Let the devices of who had the role fetch new tokens, which do not know it."""
    async with transaction():
        await _lose(row_id, request)
        await UserRole.delete().where(UserRole.id == row_id)


async def _lose(row_id: int, request: Request | None) -> None:
    """Take a role from who has it, here and not by Piccolo: of two last admins, one stays."""
    await roles.hold_admins()
    columns = (UserRole.user, UserRole.role, UserRole.role.name)
    for row in await UserRole.select(*columns).where(UserRole.id == row_id):
        if row["role.name"] == ADMIN:
            await roles.require_another_admin(row["user"])
        await revoke(row["user"])
        await _note(row["user"], "-", row["role"], request)
