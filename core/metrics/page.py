"""``GET /metrics``, for those who may read it."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import Any

from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest

from core.errors import Forbidden, NotFound, Unauthorized
from core.metrics.exposition import Figures, ask_once, written
from core.metrics.worker import Observer
from core.settings import CoreSettings
from core.web.address import address_of
from core.web.answer import Answer
from core.web.response import headers_of

TEXT = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")


def mount(app: Sanic[Any, Any], core: CoreSettings) -> None:
    """Serve ``/metrics``."""

    async def metrics(request: SanicRequest) -> HTTPResponse:
        """Add up what the workers have counted."""
        require(request, core)
        observer: Observer = app.ctx.observer
        observer.collect()
        body = written(Figures(observer.board.read()), await ask_once())
        return Answer(body, 200, headers_of(request), TEXT)

    app.add_route(metrics, "/metrics", methods=["GET", "HEAD"], name="metrics")


def require(request: SanicRequest, core: CoreSettings) -> None:
    """Raise a problem for who may not read the metrics."""
    if core.metrics == "off":
        raise NotFound("There is nothing at this address. GET /api/v1 tells what is here.")
    if core.metrics_token:
        _require_token(request, core.metrics_token)
    elif core.metrics == "local" and not _is_local(request):
        raise Forbidden("Metrics are read at a port of this machine. See docs/operations.md.")


def _require_token(request: SanicRequest, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), token.encode()):
        raise Unauthorized("Send the header Authorization: Bearer <core.metrics_token>.")


def _is_local(request: SanicRequest) -> bool:
    """Tell whether the client is on this machine; what a proxy passes on comes from elsewhere."""
    address = address_of(request)
    if address == "unix" or not ip_address(address).is_loopback:
        return False
    return not any(name in request.headers for name in FORWARDED)
