"""The endpoints of rules, under /api/v1/shortener/links/{id}/rules."""

from __future__ import annotations

from sanic import Blueprint

from core import CurrentUser, IfMatch, endpoint

from . import service
from .schemas import Rules, RulesOut, Trial, TrialOut

rules = Blueprint("shortener_rules", url_prefix="/links/<id:int>/rules")


@rules.get("/")
@endpoint("shortener.read")
async def read_rules(user: CurrentUser, id: int) -> RulesOut:
    """Read the rules of a link."""
    return await service.read(user.id, id)


@rules.put("/")
@endpoint("shortener.write")
async def replace_rules(user: CurrentUser, id: int, body: Rules, if_match: IfMatch) -> RulesOut:
    """Give a link rules, in place of those it has."""
    return await service.replace(user.id, id, body, if_match)


@rules.post("/test")
@endpoint("shortener.read")
async def try_rules(user: CurrentUser, id: int, body: Trial) -> TrialOut:
    """Tell where a visitor would be led, and count nothing."""
    return await service.attempt(user.id, id, body)
