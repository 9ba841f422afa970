"""Keys for programs that act for somebody, under /api/v1/auth."""

from __future__ import annotations

from sanic import Blueprint, Request

from core.auth.authenticators import api_keys as service
from core.auth.authenticators.freshness import FRESH_MINUTES
from core.auth.authorization.identity import CurrentUser
from core.auth.realm import realm_of
from core.auth.schemas.api_keys import ApiKeyOut, ApiKeyQuery, NewApiKey, NewApiKeyOut
from core.db.pagination import Page
from core.endpoint import endpoint

api_keys = Blueprint("auth_api_keys")


@api_keys.get("/api-keys")
@endpoint("auth.self")
async def list_api_keys(user: CurrentUser, query: ApiKeyQuery) -> Page[ApiKeyOut]:
    """Return my API keys."""
    return await service.api_keys(user.id, query)


@api_keys.post("/api-keys")
@endpoint("auth.self", status=201, replay=False, fresh=FRESH_MINUTES)
async def make_api_key(request: Request, user: CurrentUser, body: NewApiKey) -> NewApiKeyOut:
    """Make an API key. It is shown this once."""
    return await service.make(user, body, request.ip)


@api_keys.delete("/api-keys/<id:int>")
@endpoint("auth.self")
async def end_api_key(request: Request, user: CurrentUser, id: int) -> None:
    """End an API key."""
    await service.end(realm_of(request), user.id, id, request.ip)
