"""The search over everything, under /api/v1/search."""

from __future__ import annotations

from sanic import Blueprint, Request

from core.auth.authorization.identity import CurrentUser
from core.endpoint import endpoint
from core.search import service
from core.search.schemas import SearchOut, SearchQuery
from core.search.settings import SearchSettings

searches = Blueprint("search_everything")


@searches.get("/")
@endpoint("search.use", limit="300/minute")
async def search_everything(
    request: Request, user: CurrentUser, query: SearchQuery, settings: SearchSettings
) -> SearchOut:
    """Search what I may see, in every plugin."""
    return await service.search(request.app.ctx.plugins, user, query, settings.seconds)
