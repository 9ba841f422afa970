"""Users: made, found, and what roles they have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from core.auth.accounts.names import key_of
from core.auth.events import UserRegistered
from core.auth.schemas.accounts import UserOut
from core.auth.tables import Role, User, UserRole
from core.db.engine import transaction
from core.db.errors import is_duplicate
from core.errors import Conflict, NotFound, Unauthorized
from core.events import emit


class Taken(Conflict):
    """Somebody has this name or address already."""

    code, title = "taken", "Taken"


async def create_user(
    username: str,
    email: str,
    hashed: str,
    roles: Sequence[str],
    *,
    admin: bool = False,
    verified: bool = True,
) -> int:
    """Write a user with a hashed password and return the id. Raises Taken.

    ``verified``: somebody vouches for the address.
    """
    now = datetime.now(UTC)
    user = User(
        username=username,
        email=email,
        username_key=key_of(username),
        email_key=key_of(email),
        password=hashed,
        active=True,
        admin=admin,
        superuser=admin,
        created_at=now,
        email_verified_at=now if verified else None,
    )
    try:
        async with transaction():
            await user.save()
            await give_roles(user.id, roles)
            await emit(UserRegistered(user_id=user.id))
    except Exception as error:
        if is_duplicate(error):
            raise Taken("Somebody has this username or e-mail address already.") from None
        raise
    return int(user.id)


async def give_roles(user: int, names: Sequence[str]) -> None:
    """Let a user have roles. Raises NotFound for a role that does not exist."""
    rows = (
        await Role.select(Role.id, Role.name).where(Role.name.is_in(list(names))) if names else []
    )
    if missing := set(names) - {row["name"] for row in rows}:
        raise NotFound(f"There is no role called {', '.join(sorted(missing))}.")
    if rows:
        await UserRole.insert(*(UserRole(user=user, role=row["id"]) for row in rows))


async def read_user(id: int) -> UserOut:
    """Return a user. Raises Unauthorized when there is none, or they were switched off."""
    row = (
        await User.select(
            User.id,
            User.email,
            User.username,
            User.active,
            User.created_at,
            User.email_verified_at,
        )
        .where(User.id == id)
        .first()
    )
    if row is None or not row["active"]:
        raise Unauthorized("This account does not exist any more, or was switched off.")
    roles = await UserRole.select(UserRole.role.name).where(UserRole.user == id)
    names = sorted(each["role.name"] for each in roles)
    verified = row["email_verified_at"] is not None
    return UserOut(row["id"], row["email"], row["username"], names, row["created_at"], verified)
