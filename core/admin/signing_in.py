"""Signing in to the admin: the same limits and the same authenticator app as everywhere."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from piccolo.apps.user.tables import BaseUser
from piccolo_api.mfa.provider import MFAProvider
from piccolo_api.rate_limiting.middleware import RateLimitProvider
from starlette.datastructures import Headers

from core.auth.authenticators import challenges, credentials, totp
from core.auth.realm import Device, Realm
from core.auth.tables import Session, User
from core.db.engine import transaction

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOGIN = "/public/login/"
ELSEWHERE = "Set up an authenticator app with POST /api/v1/auth/totp; the docs say how."


@dataclass
class Visit:
    """A request to the admin: from where, and whose password it carried."""

    realm: Realm
    device: Device
    user: int | None = None


_visit: ContextVar[Visit] = ContextVar("admin_visit")


class Visits:
    """Tells Piccolo's login, which knows nothing of requests, where one comes from."""

    def __init__(self, app: ASGIApp, realm: Realm) -> None:
        self._app, self._realm = app, realm

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = Visit(self._realm, _device(scope))
        login = scope["path"].endswith(LOGIN)
        _visit.set(visit)

        async def watched(message: Message) -> None:
            entered = message["type"] == "http.response.start" and message["status"] == 200
            if login and entered and visit.user is not None:
                await remember(visit.user, visit.device)
            await send(message)

        await self._app(scope, receive, watched)


def _device(scope: Scope) -> Device:
    client = scope.get("client") or ("",)
    return Device(Headers(scope=scope).get("user-agent", "")[:200], client[0])


async def login(username: str, password: str) -> int | None:
    """Return the administrator with this name or address and password. Raises TooManyAttempts."""
    visit = _visit.get()
    found = await credentials.guess(visit.realm, username, password, visit.device)
    if found is None or not await User.exists().where(User.id == found.user, User.admin.eq(True)):
        return None
    visit.user = found.user
    return found.user


async def remember(user: int, device: Device) -> None:
    """Note that a user has signed in from here: strangers' wrong guesses do not count here."""
    if await credentials.known_here(User.id == user, device) is not None:
        return
    now = datetime.now(UTC)
    await Session.insert(
        Session(
            user=user,
            device=device.name,
            address=device.address,
            created_at=now,
            last_used_at=now,
            fresh_at=now,
            expires_at=now + timedelta(days=_visit.get().realm.settings.refresh_days),
            ended_at=now,
        )
    )


class CountedElsewhere(RateLimitProvider):
    """Counts nothing: ``login`` does, for all workers and together with the API."""

    def increment(self, identifier: str) -> None:
        """Let everybody through."""


class AuthenticatorApp(MFAProvider):
    """Asks for a code where a user has an authenticator app."""

    def __init__(self) -> None:
        super().__init__("Authenticator app")

    async def is_user_enrolled(self, user: BaseUser) -> bool:
        """Tell whether a code is asked for."""
        return await totp.is_on(user.id)

    async def authenticate_user(self, user: BaseUser, code: Any) -> bool:
        """Use up a code or a recovery code. Raises TooManyAttempts."""
        visit = _visit.get()
        limits = await challenges.limits(visit.realm, user.id, visit.device)
        async with visit.realm.attempts.guess(limits) as guess, transaction():
            guess.right = await totp.spend(visit.realm.vault, user.id, str(code)[:40])
        return guess.right

    async def send_code(self, user: BaseUser) -> bool:
        """Do nothing: the app makes the codes."""
        return False

    async def get_registration_html(self, user: BaseUser) -> str:
        """Say where an authenticator app is set up, which asks for proof of a first code."""
        return f"<p>{ELSEWHERE}</p>"

    async def get_registration_json(self, user: BaseUser) -> dict[str, str]:
        """Say where an authenticator app is set up, which asks for proof of a first code."""
        return {"detail": ELSEWHERE}

    async def delete_registration(self, user: BaseUser) -> None:
        """Switch the app off; Piccolo has checked the password."""
        await totp.forget(user.id)
