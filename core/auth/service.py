"""What may be done with accounts. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from core.auth import passwords
from core.auth.events import UserRegistered
from core.auth.names import key_of
from core.auth.realm import Device, Realm
from core.auth.refresh import end, session_of
from core.auth.schemas import Registration, TokensOut, UserOut
from core.auth.tables import Role, User, UserRole
from core.db.engine import transaction
from core.db.errors import is_duplicate
from core.errors import Conflict, Forbidden, NotFound, Unauthorized
from core.events import emit


class Taken(Conflict):
    """Somebody has this name or address already."""

    code, title = "taken", "Taken"


class Closed(Forbidden):
    """Nobody may register."""

    code, title = "registration_closed", "Registration is closed"


async def register(realm: Realm, new: Registration, device: Device) -> TokensOut:
    """Make an account and sign it in. Raises Closed or Taken."""
    if realm.settings.registration == "closed":
        raise Closed("Nobody can register here. Ask an administrator for an account.")
    hashed = await passwords.hashed(new.password)
    async with transaction():
        user = await create_user(new.username, new.email, hashed, realm.settings.default_roles)
        return await sign_in(realm, user, device)


async def login(realm: Realm, login: str, password: str, device: Device) -> TokensOut:
    """Sign in by e-mail or username. Raises Unauthorized, the same way whatever was wrong."""
    user = await check_password(login, password)
    if user is None:
        raise Unauthorized("The login or the password is wrong.")
    async with transaction():
        return await sign_in(realm, user.id, device)


async def sign_in(realm: Realm, user: int, device: Device) -> TokensOut:
    """Open a session for somebody who has proven who they are."""
    session, token = await realm.refreshing.begin(user, device.name, device.address)
    return await _pair(realm, user, session, token)


async def refresh(realm: Realm, token: str) -> TokensOut:
    """Exchange a refresh token for a new pair. Raises Unauthorized."""
    session, user, following = await realm.refreshing.rotate(token)
    return await _pair(realm, user, session, following)


async def logout(realm: Realm, token: str) -> None:
    """Sign out the device that a refresh token belongs to; an unknown one changes nothing."""
    session = await session_of(token)
    if session is not None:
        await end(session)
        await realm.tokens.follow()


async def _pair(realm: Realm, user: int, session: int, token: str) -> TokensOut:
    out = await read_user(user)
    access = realm.tokens.make(user, session, out.roles)
    return TokensOut(access, token, "Bearer", realm.tokens.seconds, out)


async def create_user(
    username: str,
    email: str,
    hashed: str,
    roles: Sequence[str],
    *,
    admin: bool = False,
) -> int:
    """Write a user with a hashed password and return the id. Raises Taken."""
    user = User(
        username=username,
        email=email,
        username_key=key_of(username),
        email_key=key_of(email),
        password=hashed,
        active=True,
        admin=admin,
        superuser=admin,
        created_at=datetime.now(UTC),
    )
    try:
        async with transaction():
            await user.save()
    except Exception as error:
        if is_duplicate(error):
            raise Taken("Somebody has this username or e-mail address already.") from None
        raise
    await give_roles(user.id, roles)
    await emit(UserRegistered(user_id=user.id))
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


async def check_password(login: str, password: str) -> UserOut | None:
    """Return the active user with this login and password; it takes as long if there is none."""
    key = key_of(login)
    row = (
        await User.select(User.id, User.password, User.active)
        .where((User.username_key == key) | (User.email_key == key))
        .first()
    )
    right = await passwords.checked(password, row["password"] if row else None)
    if not row or not right or not row["active"]:
        return None
    if passwords.is_old(row["password"]):
        hashed = await passwords.hashed(password)
        await User.update({User.password: hashed}).where(User.id == row["id"])
    await User.update({User.last_login: datetime.now(UTC).replace(tzinfo=None)}).where(
        User.id == row["id"]
    )
    return await read_user(row["id"])


async def read_user(id: int) -> UserOut:
    """Return a user. Raises Unauthorized when there is none, or they were switched off."""
    row = (
        await User.select(User.id, User.email, User.username, User.active, User.created_at)
        .where(User.id == id)
        .first()
    )
    if row is None or not row["active"]:
        raise Unauthorized("This account does not exist any more, or was switched off.")
    roles = await UserRole.select(UserRole.role.name).where(UserRole.user == id)
    names = sorted(each["role.name"] for each in roles)
    return UserOut(row["id"], row["email"], row["username"], names, row["created_at"])
