"""Which pages of other sites may ask this server, and read its answers, in a browser.

Nobody's by default. ``core.cors_origins`` lets some, or ``*`` all, ask everything but the admin;
``@endpoint(..., cors="*")`` opens one operation to all pages, ``cors=["https://shop.example"]`` to
some. No cookies are involved: who asks is said by the header Authorization, which a page has to
send by itself, so credentials in the sense of the Fetch standard are never allowed.

See https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sanic.exceptions import SanicException

from core.places import ANY

if TYPE_CHECKING:
    from sanic import Request

CLOSED = "/admin"
SENT = (
    "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, "
    "traceparent, x-request-id"
)
READ = (
    "content-disposition, etag, idempotency-replayed, link, location, ratelimit, ratelimit-policy, "
    "retry-after, www-authenticate, x-request-id"
)
SECONDS = "7200"


class Cors:
    """Answers pages of other sites. ``origins`` may ask wherever no endpoint says otherwise."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origins)
        self.varies = bool(self._origins) and ANY not in self._origins

    def add(self, request: Request, headers: Any) -> None:
        """Say in ``headers`` whether the page that sent ``request`` may read the answer."""
        if below(request.path, CLOSED):
            return
        allowed = self._allowed(request.route, request.headers.get("origin", ""))
        if allowed != ANY and (self.varies or "origin" in request.headers):
            vary = headers.get("vary", "")
            if "Origin" not in vary:
                headers["vary"] = f"{vary}, Origin" if vary else "Origin"
        if allowed:
            headers["access-control-allow-origin"] = allowed
            headers["access-control-expose-headers"] = READ

    def preflight(self, request: Request, methods: Collection[str]) -> dict[str, str]:
        """Return what a browser asks before it sends a request for a page of another site."""
        origin = request.headers.get("origin", "")
        asked = request.headers.get("access-control-request-method", "")
        if not asked or below(request.path, CLOSED):
            return {}
        allowed = self._allowed(_route(request, asked), origin)
        if not allowed:
            return {"vary": "Origin"}
        return {
            "access-control-allow-origin": allowed,
            "access-control-allow-methods": ", ".join(methods) or asked,
            "access-control-allow-headers": SENT,
            "access-control-max-age": SECONDS,
            "vary": "Origin, Access-Control-Request-Method",
        }

    def _allowed(self, route: Any, origin: str) -> str | None:
        """Return what to tell the origin: itself, or ``*``, or nothing."""
        if not origin:
            return None
        contract = getattr(getattr(route, "handler", None), "contract", None)
        origins = getattr(contract, "cors", None) or self._origins
        return ANY if ANY in origins else origin if origin in origins else None


def is_preflight(request: Request) -> bool:
    """Tell whether a browser asks for a page of another site whether it may ask."""
    headers = request.headers
    return (
        request.method == "OPTIONS"
        and "origin" in headers
        and "access-control-request-method" in headers
    )


def below(path: str, prefix: str) -> bool:
    """Tell whether ``path`` is ``prefix`` or below it."""
    return path == prefix or path.startswith(f"{prefix}/")


def _route(request: Request, method: str) -> Any:
    with suppress(SanicException):
        return request.app.router.get(request.path, method, request.headers.get("host"))[0]
    return None
