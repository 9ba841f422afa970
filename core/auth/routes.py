"""The account endpoints, under /api/v1/auth."""

from __future__ import annotations

from typing import cast

from sanic import Blueprint, Request

from core.auth import service
from core.auth.identity import CurrentUser
from core.auth.schemas import Login, Refresh, Registration, TokensOut, UserOut
from core.auth.service import Accounts, Device
from core.endpoint import endpoint

auth = Blueprint("auth")


def _accounts(request: Request) -> Accounts:
    return cast(Accounts, request.app.ctx.accounts)


def _device(request: Request) -> Device:
    return Device(request.headers.get("user-agent", "")[:200], request.ip)


@auth.post("/register")
@endpoint(None, status=201, replay=False)
async def register(request: Request, body: Registration) -> TokensOut:
    """Register and sign in."""
    return await _accounts(request).register(body, _device(request))


@auth.post("/login")
@endpoint(None, replay=False)
async def login(request: Request, body: Login) -> TokensOut:
    """Sign in with an e-mail address or a username."""
    return await _accounts(request).login(body.login, body.password, _device(request))


@auth.post("/refresh")
@endpoint(None, replay=False)
async def refresh(request: Request, body: Refresh) -> TokensOut:
    """Exchange a refresh token for a new pair."""
    return await _accounts(request).refresh(body.refresh_token)


@auth.post("/logout")
@endpoint(None, replay=False)
async def logout(request: Request, body: Refresh) -> None:
    """Sign this device out."""
    await _accounts(request).logout(body.refresh_token)


@auth.get("/me")
@endpoint("auth.self")
async def me(user: CurrentUser) -> UserOut:
    """Who am I?"""
    return await service.read_user(user.id)
