"""Pages of other sites: nobody's by default, those in the settings, and what an endpoint opens."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sanic import Blueprint, Sanic

from core.endpoint import endpoint
from core.testing import Server, running
from core.web import failures
from core.web.common_headers import CommonHeaders
from core.web.cors import Cors
from core.web.request import Request
from tests.core.web.conftest import TASKS

APP, OTHER = "https://app.example.org", "https://evil.example"
ASKING = {"origin": APP, "access-control-request-method": "POST"}
ALLOW = "access-control-allow-origin"


@pytest.fixture
async def opened(server: Server) -> AsyncIterator[None]:
    """Let one site's pages ask the server under test."""
    before = server.app.ctx.common_headers
    server.app.ctx.common_headers = CommonHeaders(Cors([APP]), secure=True)
    yield
    server.app.ctx.common_headers = before


def opens(answer: httpx.Response) -> bool:
    return any(name.startswith("access-control") for name in answer.headers)


async def test_nobody_s_pages_may_ask_by_default(client: Any) -> None:
    for answer in (
        await client.get("/api/v1", headers={"origin": APP}),
        await client.options(TASKS, headers=ASKING),
    ):
        assert answer.is_success
        assert not opens(answer)


@pytest.mark.usefixtures("opened")
async def test_a_page_of_a_site_in_the_settings_may_ask(ada: Any) -> None:
    first = await ada.options(TASKS, headers=ASKING)
    assert (first.status_code, first.headers[ALLOW]) == (204, APP)
    assert "POST" in first.headers["access-control-allow-methods"]
    for name in ("authorization", "content-type", "if-match", "idempotency-key", "x-request-id"):
        assert name in first.headers["access-control-allow-headers"]
    assert int(first.headers["access-control-max-age"]) > 0
    assert "Origin" in first.headers["vary"]
    answer = await ada.post(TASKS, json={"title": "a"}, headers={"origin": APP})
    assert (answer.status_code, answer.headers[ALLOW]) == (201, APP)
    for name in ("etag", "location", "link", "retry-after", "x-request-id", "idempotency-replayed"):
        assert name in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.usefixtures("opened")
async def test_every_route_but_the_admin_is_open_to_them(server: Server, client: Any) -> None:
    asked = 0
    for route in server.app.router.routes:
        path = re.sub(r"<[^>]*>", "1", f"/{route.path}")
        if path.startswith("/admin"):
            continue
        for method in sorted(route.methods - {"OPTIONS"}):
            asking = ASKING | {"access-control-request-method": method}
            first = await client.options(path, headers=asking)
            assert (first.status_code, first.headers.get(ALLOW)) == (204, APP), (method, path)
            assert method in first.headers["access-control-allow-methods"], (method, path)
            answer = await client.request(method, path, headers={"origin": APP})
            assert answer.headers.get(ALLOW) == APP, (method, path)
            asked += 1
    assert asked > 100


@pytest.mark.usefixtures("opened")
async def test_a_page_may_read_the_name_of_a_file_and_when_to_come_again(client: Any) -> None:
    answer = await client.get("/api/v1", headers={"origin": APP})
    readable = answer.headers["access-control-expose-headers"]
    for name in ("content-disposition", "ratelimit", "ratelimit-policy", "retry-after"):
        assert name in readable


@pytest.mark.usefixtures("opened")
async def test_a_page_may_read_why_it_was_refused(client: Any) -> None:
    for method, path in (("GET", "/nothing"), ("PUT", TASKS), ("GET", TASKS), ("POST", TASKS)):
        answer = await client.request(method, path, headers={"origin": APP})
        assert answer.status_code >= 400
        assert answer.headers[ALLOW] == APP, path
    assert (await client.options("/nothing", headers=ASKING)).headers[ALLOW] == APP


@pytest.mark.usefixtures("opened")
async def test_a_page_of_another_site_may_not(client: Any) -> None:
    for origin in (OTHER, "null", f"{APP}.evil.example", "https://APP.example.org", f"{APP}:443"):
        asked = await client.options(TASKS, headers=ASKING | {"origin": origin})
        answer = await client.get("/api/v1", headers={"origin": origin})
        assert not opens(asked), origin
        assert not opens(answer), origin
        assert answer.headers["vary"] == "Origin"


@pytest.mark.usefixtures("opened")
async def test_an_answer_that_may_be_kept_says_that_it_varies(client: Any) -> None:
    assert (await client.get("/api/v1")).headers["vary"] == "Origin"


@pytest.mark.usefixtures("opened")
async def test_the_admin_is_never_open_to_pages_of_other_sites(client: Any) -> None:
    for path in ("/admin/", "/admin/api/tables/", "/admin/nothing"):
        assert not opens(await client.get(path, headers={"origin": APP}))
        assert not opens(await client.options(path, headers=ASKING))


async def test_an_endpoint_may_open_itself() -> None:
    Sanic.test_mode = True
    app: Sanic[Any, Any] = Sanic("opening", request_class=Request, configure_logging=False)
    failures.handle(app)
    app.ctx.authenticate = lambda request: None
    blueprint = Blueprint("public", url_prefix="/api/v1/public")

    class Limiter:
        async def admit(self, *given: Any) -> None:
            return

    app.ctx.limiter = Limiter()

    @blueprint.get("/all")
    @endpoint(None, cors="*")
    async def everything() -> str:
        """Say something."""
        return "all"

    @blueprint.get("/some/<id:int>")
    @endpoint(None, cors=[APP])
    async def some(id: int) -> str:
        """Say something."""
        return "some"

    @blueprint.get("/none")
    @endpoint(None)
    async def nothing() -> str:
        """Say something."""
        return "none"

    app.blueprint(blueprint)
    asking = {"access-control-request-method": "GET"}
    async with (
        running(app) as url,
        httpx.AsyncClient(timeout=60, base_url=f"{url}/api/v1/public") as client,
    ):
        for path, origin, allowed in (
            ("all", OTHER, "*"),
            ("some/1", APP, APP),
            ("some/1", OTHER, None),
            ("none", APP, None),
        ):
            answer = await client.get(path, headers={"origin": origin})
            assert (answer.status_code, answer.headers.get(ALLOW)) == (200, allowed), path
            asked = await client.options(path, headers=asking | {"origin": origin})
            assert (asked.status_code, asked.headers.get(ALLOW)) == (204, allowed), path
    Sanic._app_registry.pop("opening")


def test_an_endpoint_may_not_name_what_is_no_origin() -> None:
    with pytest.raises(TypeError, match="is no origin"):
        endpoint(None, cors="example.org")
