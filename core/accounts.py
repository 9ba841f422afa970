"""Accounts and devices, for plugins that speak another protocol than /api/v1/auth.

The same rules hold as there: who may register, how often a password may be guessed, what is written
down. A device that is signed in here is one of its owner's devices, which they can sign out.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sanic import Request

from core.auth.accounts import registration, service
from core.auth.accounts.users import read_user
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import device_of, realm_of
from core.auth.schemas.accounts import Registration, TokensOut
from core.auth.sessions import service as devices
from core.auth.tables import Session
from core.errors import Forbidden, Unauthorized
from core.web.request import converted


class CodeNeeded(Forbidden):
    """The account needs a code beside the password, which cannot be given here."""

    code, title = "code_needed", "Code needed"


async def register(
    request: Request, username: str, email: str, password: str
) -> CurrentUser | None:
    """Make an account and sign it in; None where a mail has to be answered first.

    Raises Invalid, Conflict for a name or address that somebody has, and Forbidden where nobody may
    register.
    """
    wanted = {"username": username, "email": email, "password": password}
    new = converted(wanted, Registration)
    entered = await registration.register(realm_of(request), new, device_of(request))
    return _on(request, entered) if isinstance(entered, TokensOut) else None


async def sign_in(
    request: Request, login: str, password: str, *, days: int | None = None
) -> CurrentUser:
    """Sign a device in, for ``days`` (without: as the settings of auth say); see ``signed_in``.

    Raises Unauthorized, TooManyRequests, and Forbidden for an account that needs a code, too.
    """
    entered = await service.login(realm_of(request), login, password, device_of(request))
    if not isinstance(entered, TokensOut):
        raise CodeNeeded("This account needs a code beside the password. Sign in elsewhere.")
    user = _on(request, entered)
    if days is not None:
        ends = datetime.now(UTC) + timedelta(days=days)
        await Session.update({Session.expires_at: ends}).where(Session.id == user.session)
    return user


def _on(request: Request, entered: TokensOut) -> CurrentUser:
    return realm_of(request).tokens.read(entered.access_token)[1]


async def signed_in(request: Request, session: int) -> CurrentUser:
    """Return who is on a device that was signed in, with what they may do now.

    ``session`` is that of a CurrentUser. It is a number that anybody can guess: keep it beside a
    secret of your own. Raises Unauthorized once the device is signed out or the account is gone.
    """
    open_still = Session.ended_at.is_null() & (Session.expires_at > datetime.now(UTC))
    row = await Session.select(Session.user).where((Session.id == session) & open_still).first()
    if row is None or row["user"] is None:
        raise Unauthorized("This device was signed out. Sign in again.")
    user = await read_user(row["user"])
    held = realm_of(request).tokens.held_by(user.roles)
    return CurrentUser(user.id, session, frozenset(user.roles), held)


async def sign_out(request: Request, user: CurrentUser) -> None:
    """Sign out the device that somebody asks from. Raises NotFound."""
    await devices.end(realm_of(request), user, user.session, request.ip)
