"""Authenticator apps, under /api/v1/auth."""

from __future__ import annotations

from sanic import Blueprint, Request

from core.auth.accounts import service
from core.auth.authenticators import totp
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import device_of, realm_of
from core.auth.schemas.accounts import TokensOut
from core.auth.schemas.totp import ChallengeAnswer, OwnCode, OwnPassword, RecoveryCodesOut, TotpOut
from core.endpoint import endpoint

totps = Blueprint("auth_totp")


@totps.post("/totp")
@endpoint("auth.self", replay=False)
async def begin_totp(request: Request, user: CurrentUser, body: OwnPassword) -> TotpOut:
    """Set up an authenticator app; it is asked for once it is confirmed."""
    return await totp.begin(realm_of(request), user.id, body.password)


@totps.post("/totp/confirm")
@endpoint("auth.self", replay=False)
async def confirm_totp(request: Request, user: CurrentUser, body: OwnCode) -> RecoveryCodesOut:
    """Switch the authenticator app on with its first code."""
    return RecoveryCodesOut(await totp.confirm(realm_of(request), user.id, body.code))


@totps.delete("/totp")
@endpoint("auth.self")
async def remove_totp(request: Request, user: CurrentUser, body: OwnPassword) -> None:
    """Switch the authenticator app off."""
    await totp.remove(realm_of(request), user.id, body.password)


@totps.post("/login/totp")
@endpoint(None, replay=False)
async def login_totp(request: Request, body: ChallengeAnswer) -> TokensOut:
    """Finish signing in with a code of the authenticator app, or a recovery code."""
    device = device_of(request)
    return await service.login_by_code(realm_of(request), body.challenge, body.code, device)
