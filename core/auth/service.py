"""What may be done with accounts. Knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.auth import passwords, refresh
from core.auth.events import UserRegistered
from core.auth.names import key_of
from core.auth.refresh import RefreshTokens
from core.auth.schemas import Registration, TokensOut, UserOut
from core.auth.settings import AuthSettings
from core.auth.tables import Role, User, UserRole
from core.auth.tokens import Tokens
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


@dataclass(frozen=True)
class Device:
    """Where somebody signs in from."""

    name: str
    address: str


class Accounts:
    """Registering, signing in and out; one for the application, with its keys and settings."""

    def __init__(self, tokens: Tokens, refreshing: RefreshTokens, settings: AuthSettings) -> None:
        self.tokens, self.refreshing, self.settings = tokens, refreshing, settings

    async def register(self, new: Registration, device: Device) -> TokensOut:
        """Make an account and sign it in. Raises Closed or Taken."""
        if self.settings.registration == "closed":
            raise Closed("Nobody can register here. Ask an administrator for an account.")
        hashed = await passwords.hashed(new.password)
        async with transaction():
            user = await create_user(new.username, new.email, hashed, self.settings.default_roles)
            return await self._signed_in(user, device)

    async def login(self, login: str, password: str, device: Device) -> TokensOut:
        """Sign in by e-mail or username. Raises Unauthorized, the same way whatever was wrong."""
        user = await check_password(login, password)
        if user is None:
            raise Unauthorized("The login or the password is wrong.")
        async with transaction():
            return await self._signed_in(user.id, device)

    async def _signed_in(self, user: int, device: Device) -> TokensOut:
        session, token = await self.refreshing.begin(user, device.name, device.address)
        return await self._pair(user, session, token)

    async def refresh(self, token: str) -> TokensOut:
        """Exchange a refresh token for a new pair. Raises Unauthorized."""
        session, user, following = await self.refreshing.rotate(token)
        return await self._pair(user, session, following)

    async def logout(self, token: str) -> None:
        """Sign out the device that a refresh token belongs to; an unknown one changes nothing."""
        session = await refresh.session_of(token)
        if session is not None:
            await refresh.end(session)
            await self.tokens.follow()

    async def _pair(self, user: int, session: int, token: str) -> TokensOut:
        out = await read_user(user)
        access = self.tokens.make(user, session, out.roles)
        return TokensOut(access, token, "Bearer", self.tokens.seconds, out)


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
