"""What stands in front of Piccolo Admin: it refuses what the admin's own pages never send."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = ("GET", "HEAD", "OPTIONS")
CLOSED = ("/openapi.json", "/public/openapi.json", "/public/docs", "/api/docs")
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


class Guard:
    """Lets only the admin's own pages change anything.

    ``public_url`` is where they are, if that is known; ``secure`` keeps cookies to HTTPS.
    """

    def __init__(self, app: ASGIApp, public_url: str, *, secure: bool) -> None:
        self._app, self._secure = app, secure
        self._public = urlsplit(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        # Kept now, for Starlette changes the scope on its way to the mounted parts.
        root_path: str = scope["root_path"]
        path: str = scope["path"].removeprefix(root_path)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(root_path, path, MutableHeaders(scope=message))
            await send(message)

        refusal = self._refusal(Request(scope), path)
        await (refusal or self._app)(scope, receive, dressed)

    def _refusal(self, request: Request, path: str) -> Response | None:
        if path.startswith(CLOSED):
            return PlainTextResponse("There is nothing at this address.", 404)
        if request.method == "PUT":
            sentence = "Change rows with PATCH: PUT would go past the checks of the plugins."
            return PlainTextResponse(sentence, 405, {"allow": "GET, HEAD, POST, PATCH, DELETE"})
        if request.method not in SAFE and not self._from_here(request):
            sentence = f"The admin was asked by another site. Open it at {self._home(request)}"
            return PlainTextResponse(sentence, 403)
        return None

    def _from_here(self, request: Request) -> bool:
        """Tell whether one of our own pages sent this, or something that is no browser."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("origin")
        if origin is None:
            return True
        if self._public.netloc:
            return origin == f"{self._public.scheme}://{self._public.netloc}"
        return origin.partition("://")[2] == request.headers.get("host")

    def _home(self, request: Request) -> str:
        where = self._public if self._public.netloc else request.base_url
        return f"{where.scheme}://{where.netloc}{request.scope['root_path']}/"

    def _dress(self, root_path: str, path: str, headers: MutableHeaders) -> None:
        """Keep cookies in the admin, answers out of caches, and foreign scripts out of pages."""
        cookies = headers.getlist("set-cookie")
        del headers["set-cookie"]
        for cookie in cookies:
            headers.append("set-cookie", self._narrowed(cookie, root_path))
        headers.update(HEADERS)
        headers["cache-control"] = "no-cache" if path.startswith("/assets/") else "no-store"

    def _narrowed(self, cookie: str, root_path: str) -> str:
        parts = [part for part in cookie.split("; ") if part.lower() not in ("path=/", "secure")]
        return "; ".join([*parts, f"Path={root_path}/", *["Secure"] * self._secure])
