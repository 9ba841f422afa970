"""The keys with which anybody may check our access tokens (RFC 7517, RFC 8615)."""

from __future__ import annotations

from typing import Any

from sanic import HTTPResponse, Request, Sanic

from core.auth.realm import realm_of
from core.web.public import public
from core.web.response import encode

PATH = "/.well-known/jwks.json"


def mount(app: Sanic[Any, Any]) -> None:
    """Serve the public keys, those of today and those whose tokens are still about."""

    async def jwks(request: Request) -> HTTPResponse:
        keys = realm_of(request).tokens.keys.published()
        return public(request, encode({"keys": keys}), "application/jwk-set+json")

    app.add_route(jwks, PATH, methods=["GET", "HEAD"], name="jwks")
