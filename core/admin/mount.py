"""Where the admin is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanic import Sanic

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

    Bridge(PREFIX, build, limit=core.max_body).attach(app)
