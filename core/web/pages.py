"""What core itself answers: the front page, the list of plugins, health, and the documentation."""

from __future__ import annotations

import asyncio
import html
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any

import msgspec
from sanic import HTTPResponse, Sanic
from sanic import Request as SanicRequest

from core.db.engine import engine
from core.plugins import Plugins
from core.web.openapi import document
from core.web.response import encode, headers_of

HERE = Path(__file__).parent
PATIENCE = 3
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


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
    listing = encode({"name": "tenfold", "version": version("tenfold"), "plugins": facts})
    _json(app, "/api/v1", "api", listing)
    _page(app, "/", "home", _home(facts))
    _page(app, "/docs", "docs", (HERE / "docs.html").read_text())
    app.static("/docs/assets", _assets(), name="docs_assets", use_content_range=False)
    app.static("/docs/start.js", HERE / "docs.js", name="docs_start")
    app.add_route(live, "/health/live", methods=["GET", "HEAD"], name="live")
    app.add_route(ready, "/health/ready", methods=["GET", "HEAD"], name="ready")

    async def openapi(request: SanicRequest) -> HTTPResponse:
        if not hasattr(app.ctx, "openapi"):
            app.ctx.openapi = encode(document(app, plugins))
        return HTTPResponse(app.ctx.openapi, 200, _public(request), "application/json")

    app.add_route(openapi, "/openapi.json", methods=["GET", "HEAD"], name="openapi")


def _json(app: Sanic[Any, Any], path: str, name: str, body: bytes) -> None:
    async def answer(request: SanicRequest) -> HTTPResponse:
        return HTTPResponse(body, 200, _public(request), "application/json")

    app.add_route(answer, path, methods=["GET", "HEAD"], name=name)


def _page(app: Sanic[Any, Any], path: str, name: str, body: str) -> None:
    async def answer(request: SanicRequest) -> HTTPResponse:
        headers = _public(request) | {"content-security-policy": POLICY}
        return HTTPResponse(body, 200, headers, "text/html; charset=utf-8")

    app.add_route(answer, path, methods=["GET", "HEAD"], name=name)


def _public(request: SanicRequest) -> dict[str, str]:
    return headers_of(request) | {"cache-control": "no-cache"}


def _home(facts: list[PluginOut]) -> str:
    rows = "".join(
        f"<tr><th>{html.escape(each.title)}</th><td>{html.escape(each.description)}</td>"
        f"<td>{html.escape(each.version)}</td></tr>"
        for each in facts
    )
    return Template((HERE / "home.html").read_text()).substitute(plugins=rows)


def _assets() -> Path:
    """Return the folder with Swagger UI that the package fastapi-offline carries."""
    spec = find_spec("fastapi_offline")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(
            "The package fastapi-offline is missing. Install the requirements again."
        )
    return Path(spec.submodule_search_locations[0]) / "static"


async def live(request: SanicRequest) -> HTTPResponse:
    """Answer that this process runs. Touches nothing."""
    return HTTPResponse(b'{"status":"ok"}', 200, headers_of(request), "application/json")


async def ready(request: SanicRequest) -> HTTPResponse:
    """Ask the database and every plugin at once; 503 names the sick ones."""
    plugins: Plugins = request.app.ctx.plugins
    asked = {"database": _ask(engine().fetch("SELECT 1"))}
    asked |= {name: _ask(answer) for name, answer in plugins.call("health")}
    answers = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    well = all(answer == "ok" for answer in answers.values())
    body = encode({"status": "ok" if well else "ill", "checks": answers})
    return HTTPResponse(body, 200 if well else 503, headers_of(request), "application/json")


async def _ask(answer: Any) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await answer
    except TimeoutError:
        return f"gave no answer within {PATIENCE} seconds"
    except Exception as error:
        return str(error) or type(error).__name__
    return "ok"
