"""What core itself answers: the front page, the list of plugins, and the documentation."""

from __future__ import annotations

import html
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any

import msgspec
from sanic import Sanic

from core.plugins import Plugins
from core.web import health, problems
from core.web.openapi import document
from core.web.public import HTML, JSON, publish
from core.web.response import encode

HERE = Path(__file__).parent
CSS, JAVASCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"


class PluginOut(msgspec.Struct, frozen=True):
    """An enabled plugin, as anybody may know it."""

    name: str
    title: str
    description: str
    version: str
    url: str


def mount(app: Sanic[Any, Any], plugins: Plugins) -> None:
    """Serve core's own pages."""
    facts = [
        PluginOut(each.name, each.title, each.description, each.version, f"/api/v1/{each.name}")
        for each in plugins
        if each.name != "core"
    ]
    listing = {"name": "tenfold", "version": version("tenfold"), "plugins": facts}
    publish(app, "/", "home", lambda: _home(facts), HTML)
    publish(app, "/pages.css", "pages_css", (HERE / "pages.css").read_bytes, CSS)
    publish(app, "/api/v1", "api", lambda: encode(listing), JSON)
    publish(app, "/openapi.json", "openapi", lambda: encode(document(app, plugins)), JSON)
    _documentation(app)
    problems.mount(app)
    health.mount(app)


def _documentation(app: Sanic[Any, Any]) -> None:
    assets = _assets()
    publish(app, "/docs", "docs", (HERE / "docs.html").read_bytes, HTML)
    publish(app, "/docs/start.js", "docs_start", (HERE / "docs.js").read_bytes, JAVASCRIPT)
    for file, media_type in (("swagger-ui.css", CSS), ("swagger-ui-bundle.js", JAVASCRIPT)):
        name = f"docs_{file.replace('-', '_').replace('.', '_')}"
        publish(app, f"/docs/assets/{file}", name, (assets / file).read_bytes, media_type)


def _home(facts: list[PluginOut]) -> bytes:
    rows = "".join(
        f"<tr><th>{html.escape(each.title)}</th><td>{html.escape(each.description)}</td>"
        f'<td class="version">{html.escape(each.version)}</td></tr>'
        for each in facts
    )
    return Template((HERE / "home.html").read_text()).substitute(plugins=rows).encode()


def _assets() -> Path:
    """Return the folder with Swagger UI that the package fastapi-offline carries."""
    spec = find_spec("fastapi_offline")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(
            "The package fastapi-offline is missing. Install the requirements again."
        )
    return Path(spec.submodule_search_locations[0]) / "static"
