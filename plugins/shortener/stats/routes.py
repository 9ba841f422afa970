"""The endpoints of figures, under /api/v1/shortener/links/{id}."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, Page, endpoint

from ..links import service as links
from ..links.qr import Svg
from . import service
from .chart import chart
from .schemas import StatsOut, StatsQuery, VisitOut, VisitQuery

stats = Blueprint("shortener_stats", url_prefix="/links/<id:int>")


@stats.get("/stats")
@endpoint("shortener.read")
async def read_stats(user: CurrentUser, id: int, query: StatsQuery) -> StatsOut:
    """Count the visits of a link."""
    return await service.count(user.id, id, query)


@stats.get("/stats.svg")
@endpoint("shortener.read")
async def draw_stats(user: CurrentUser, id: int, query: StatsQuery) -> Svg:
    """Draw the visits of a link."""
    link = await links.row(user.id, id)
    return chart(await service.count(user.id, id, query), link.title or link.code)


@stats.get("/visits")
@endpoint("shortener.read")
async def list_visits(user: CurrentUser, id: int, query: VisitQuery) -> Page[VisitOut]:
    """List the single visits of a link."""
    return await service.visits(user.id, id, query)
