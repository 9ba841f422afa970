"""What has to be right when accounts are changed in the admin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from piccolo.columns import Column
from starlette.requests import Request

from core.admin.values import require
from core.auth import passwords, service
from core.auth.names import key_of, refuse_odd
from core.auth.revocation import revoke
from core.auth.schemas import Email, Password, Username
from core.auth.tables import AdminSession, KnownPermission, RolePermission, Session, User, UserRole
from core.db.engine import transaction
from core.errors import Conflict, Invalid

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
        id = await service.create_user(username, email, hashed, roles, admin=admin)
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
    if any(changed.get(column) is False for column in (User.active, User.admin, User.superuser)):
        await _require_another_admin(row_id)
    password = changed.pop(User.password, None)
    if password:
        changed[User.password] = await passwords.hashed(check("password", password))
    if password or changed.get(User.active) is False:
        await _sign_out(row_id)
    return changed


async def delete_user(row_id: int, request: Request) -> None:
    """Refuse to delete oneself, so that somebody who may manage accounts is always left."""
    if row_id == request.user.user_id:
        raise Conflict("You cannot delete the account that you are signed in with.")
    await revoke(row_id)


async def _require_another_admin(user: int) -> None:
    others = User.exists().where(
        User.id != user, User.active.eq(True), User.admin.eq(True), User.superuser.eq(True)
    )
    if not await others:
        raise Conflict(
            "This is the last account that may manage accounts. "
            "First make another one active, admin and superuser."
        )


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


async def give_role(row: UserRole) -> UserRole:
    """Let the user's devices fetch new tokens, which know the new role."""
    await revoke(row.user)
    return row


async def change_role(row_id: int, values: Values) -> Values:
    """Let the devices of who had the role, and of who gets it, fetch new tokens."""
    await take_role(row_id)
    if isinstance(user := values.get(UserRole.user), int):
        await revoke(user)
    return values


async def take_role(row_id: int) -> None:
    """Let the devices of who had the role fetch new tokens, which do not know it."""
    for row in await UserRole.select(UserRole.user).where(UserRole.id == row_id):
        await revoke(row["user"])
