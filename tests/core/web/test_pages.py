"""The pages that core itself serves."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

import pytest

PAGES = {
    "/": "text/html; charset=utf-8",
    "/docs": "text/html; charset=utf-8",
    "/docs/start.js": "text/javascript; charset=utf-8",
    "/docs/assets/swagger-ui.css": "text/css; charset=utf-8",
    "/docs/assets/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "/pages.css": "text/css; charset=utf-8",
    "/problems": "text/html; charset=utf-8",
    "/api/v1": "application/json",
    "/openapi.json": "application/json",
}


@pytest.mark.parametrize(("path", "media_type"), PAGES.items())
async def test_a_page_is_public_and_fetched_again_only_when_it_changed(
    client: Any, path: str, media_type: str
) -> None:
    page = await client.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, media_type)
    assert page.headers["cache-control"] == "public, no-cache"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-request-id"]
    head = await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == page.headers["etag"]
    assert head.headers["content-length"] == str(len(page.content))
    again = await client.get(path, headers={"if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_front_page_names_the_plugins_and_leads_on(client: Any, server: Any) -> None:
    page = (await client.get("/")).text
    for plugin in server.plugins:
        assert (plugin.title in page) is (plugin.name != "core")
    for link in ("/docs", "/openapi.json", "/problems", "/health/ready"):
        assert f'href="{link}"' in page
        assert (await client.get(link)).status_code == 200


async def test_the_list_of_plugins_tells_what_anybody_may_know(client: Any, server: Any) -> None:
    listed = (await client.get("/api/v1")).json()
    assert (listed["name"], listed["version"]) == ("tenfold", version("tenfold"))
    assert [each["name"] for each in listed["plugins"]] == [
        plugin.name for plugin in server.plugins if plugin.name != "core"
    ]
    for each in listed["plugins"]:
        assert set(each) == {"name", "title", "description", "version", "url"}
        assert each["url"] == f"/api/v1/{each['name']}"


@pytest.mark.parametrize("path", ["/", "/docs", "/problems", "/problems/not_found"])
async def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(
    client: Any, path: str
) -> None:
    page = await client.get(path)
    for link in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert link.startswith(("/", "data:")), link
        if link.endswith((".js", ".css")):
            assert (await client.get(link)).status_code == 200
    assert not re.search(r"<script(?![^>]*src=)", page.text)
    assert not re.search(r"\son\w+=", page.text)
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy
