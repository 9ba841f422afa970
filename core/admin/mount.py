"""Where the admin is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import json

from core.admin.bridge import Bridge
from core.plugins import Plugins
from core.settings import CoreSettings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PREFIX = "/admin"


def mount(app: Sanic[Any, Any], plugins: Plugins, core: CoreSettings) -> None:
    """Serve the admin at /admin/. It is built at the first request: that takes most of a second."""

    def build() -> ASGIApp:
        from core.admin import panels

        return panels.build(plugins, core, app.ctx.realm)

    Bridge(PREFIX, build, limit=core.max_body, meanwhile=refusal).attach(app)


def refusal(request: Request) -> HTTPResponse | None:
    """Refuse who cannot be signed in at once, while the admin is built.

    The page asks before somebody signs in, maybe another worker than it came from. A refusal that
    came a second later, when they have, would lead them back to the sign-in.
    """
    if request.path.startswith(f"{PREFIX}/api/") and "id" not in request.cookies:
        return json({"error": "Sign in first."}, 401)
    return None
