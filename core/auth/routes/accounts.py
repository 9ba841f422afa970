"""Registering, signing in and out, under /api/v1/auth."""

from __future__ import annotations

from sanic import Blueprint, Request

from core.auth.accounts import registration, service, users
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import device_of, realm_of
from core.auth.schemas.accounts import Login, Refresh, Registration, TokensOut, UserOut
from core.auth.schemas.mail import Notice
from core.auth.schemas.totp import ChallengeOut
from core.endpoint import endpoint

accounts = Blueprint("auth_accounts")


@accounts.post("/register")
@endpoint(None, status=201, replay=False)
async def register(request: Request, body: Registration) -> TokensOut | Notice:
    """Register and sign in."""
    return await registration.register(realm_of(request), body, device_of(request))


@accounts.post("/login")
@endpoint(None, replay=False)
async def login(request: Request, body: Login) -> TokensOut | ChallengeOut:
    """Sign in with an e-mail address or a username."""
    return await service.login(realm_of(request), body.login, body.password, device_of(request))


@accounts.post("/refresh")
@endpoint(None, replay=False)
async def refresh(request: Request, body: Refresh) -> TokensOut:
    """Exchange a refresh token for a new pair."""
    return await service.refresh(realm_of(request), body.refresh_token)


@accounts.post("/logout")
@endpoint(None, replay=False)
async def logout(request: Request, body: Refresh) -> None:
    """Sign this device out."""
    await service.logout(realm_of(request), body.refresh_token)


@accounts.get("/me")
@endpoint("auth.self")
async def me(user: CurrentUser) -> UserOut:
    """Who am I?"""
    return await users.read_user(user.id)
