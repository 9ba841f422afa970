"""Where somebody is signed in, under /api/v1/auth."""

from __future__ import annotations

from sanic import Blueprint, Request

from core.auth.authorization.identity import CurrentUser
from core.auth.realm import realm_of
from core.auth.schemas.accounts import TokensOut
from core.auth.schemas.sessions import Confirmation, SessionOut, SessionQuery
from core.auth.sessions import service
from core.db.pagination import Page
from core.endpoint import endpoint

sessions = Blueprint("auth_sessions")


@sessions.get("/sessions")
@endpoint("auth.self")
async def list_sessions(user: CurrentUser, query: SessionQuery) -> Page[SessionOut]:
    """Where am I signed in?"""
    return await service.sessions(user, query)


@sessions.delete("/sessions/<id:int>")
@endpoint("auth.self")
async def end_session(request: Request, user: CurrentUser, id: int) -> None:
    """Sign one of my devices out."""
    await service.end(realm_of(request), user, id, request.ip)


@sessions.post("/logout-all")
@endpoint("auth.self", replay=False)
async def logout_all(request: Request, user: CurrentUser) -> None:
    """Sign all my devices out, this one too."""
    await service.end_all(realm_of(request), user, request.ip)


@sessions.post("/confirm")
@endpoint("auth.self", replay=False)
async def confirm(request: Request, user: CurrentUser, body: Confirmation) -> TokensOut:
    """Prove my password or a code again, for what asks for a fresh proof."""
    return await service.confirm(realm_of(request), user, body)
