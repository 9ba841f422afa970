"""Who may open a connection: a header, a subprotocol or a ticket says who; and from which page."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sanic import Request

from core.auth.realm import realm_of
from core.auth.sessions.standing import Standing, standing, token_of
from core.auth.sessions.tickets import redeem
from core.configuration import core_settings
from core.errors import BadRequest, Forbidden, Unauthorized
from core.settings import CoreSettings

SUBPROTOCOL = "tenfold.v1"
BEARER = re.compile(r"(?:^|,)\s*bearer\.([A-Za-z0-9._-]+)\s*(?=,|$)")
OFFERED = re.compile(rf"(?:^|,)\s*{re.escape(SUBPROTOCOL)}\s*(?=,|$)")


async def admitted(request: Request, ticket: str | None) -> Standing:
    """Return who asks for a connection. Raises Unauthorized, Forbidden or BadRequest."""
    require_origin(request, core_settings(request.app.ctx.plugins))
    tokens = realm_of(request).tokens
    token = token_of(request) or _offered(request)
    if token is not None:
        return await standing(tokens, token)
    if ticket is not None:
        return await redeem(tokens, ticket)
    raise Unauthorized(
        "Sign in: send the header Authorization: Bearer <access token>, or get a ticket with "
        "POST /api/v1/auth/ws-ticket and put it behind ?ticket=."
    )


def _offered(request: Request) -> str | None:
    """Return the token in the subprotocols, where browsers can put it. Raises BadRequest."""
    offered = request.headers.get("sec-websocket-protocol", "")
    found = BEARER.search(offered)
    if found is None:
        return None
    if not OFFERED.search(offered):
        raise BadRequest(f"Offer the subprotocol {SUBPROTOCOL} beside bearer.<access token>.")
    return found[1]


def require_origin(request: Request, core: CoreSettings) -> None:
    """Raise Forbidden for a page of somebody else's (RFC 6455, 10.2). Programs send no Origin."""
    origin = request.headers.get("origin")
    if origin is None:
        return
    allowed = [each.rstrip("/") for each in getattr(core, "cors_origins", ())]
    own = {request.headers.get("host", ""), urlsplit(core.public_url).netloc} - {""}
    if origin not in allowed and "*" not in allowed and origin.partition("://")[2] not in own:
        raise Forbidden(f"Pages of {origin[:200]} may not open connections here.")
