"""Who may change something in the admin, and what is sent along with its answers."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from core.admin.guard import Guard
from core.admin.panels import build
from core.configuration import core_settings
from core.testing import PASSWORD, Server

ROLE = {"name": "guarded", "description": ""}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"origin": "{here}", "sec-fetch-site": "same-origin"}, 201),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[::1"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "{here}", "sec-fetch-site": "cross-site"}, 403),
    ],
    ids=str,
)
async def test_only_our_own_pages_change_anything(
    server: Server, staff: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    sent = {name: value.replace("{here}", server.url) for name, value in headers.items()}
    answer = await staff.post("api/tables/auth_role/", json=ROLE, headers=sent)
    assert answer.status_code == status, answer.text
    if status == 201:
        await staff.delete(f"api/tables/auth_role/{answer.json()[0]['id']}/")


async def test_without_the_token_of_the_page_nothing_is_changed(staff: httpx.AsyncClient) -> None:
    headers = {"X-CSRFToken": "another"}
    answer = await staff.post("api/tables/auth_role/", json=ROLE, headers=headers)
    assert answer.status_code == 403


async def test_put_would_go_past_the_hooks_and_is_refused(staff: Any) -> None:
    answer = await staff.put(f"api/tables/auth_user/{staff.id}/", json={"password": "in clear"})
    assert answer.status_code == 405
    assert "PATCH" in answer.text


async def test_cookies_stay_in_the_admin_and_only_its_parts_may_be_kept(
    server: Server, client: httpx.AsyncClient
) -> None:
    page = await client.get("/admin/")
    assert "Path=/admin/" in page.headers["set-cookie"]
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-request-id"]
    assert "<title>Tenfold</title>" in page.text
    other = await client.get("/admin/public/meta/", headers={"cookie": ""})
    assert "Path=/admin/" in (other.headers.get("set-cookie") or "Path=/admin/")
    script = page.text.partition('src="./')[2].partition('"')[0]
    asset = await client.get(f"/admin/{script}")
    assert asset.status_code == 200
    assert asset.headers["cache-control"] == "no-cache"


async def ask(public_url: str, **headers: str) -> httpx.Response:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        cookie = (b"set-cookie", b"id=1; HttpOnly; Path=/; SameSite=lax")
        await send({"type": "http.response.start", "status": 200, "headers": [cookie]})
        await send({"type": "http.response.body", "body": b"changed"})

    guard = Guard(app, public_url, secure=public_url.startswith("https"))
    transport = httpx.ASGITransport(guard, root_path="/admin")
    async with httpx.AsyncClient(
        timeout=60, transport=transport, base_url="http://inside:8000"
    ) as client:
        return await client.post("/admin/x", headers=headers)


async def test_behind_a_proxy_the_public_url_is_the_only_origin() -> None:
    public = "https://example.org"
    assert (await ask(public, origin="https://example.org")).status_code == 200
    refused = await ask(public, origin="http://inside:8000")
    assert refused.status_code == 403
    assert "https://example.org/admin/" in refused.text
    assert (await ask("", origin="http://inside:8000")).status_code == 200


async def test_cookies_are_kept_to_https_where_the_admin_is_served_so() -> None:
    secure = (await ask("https://example.org")).headers["set-cookie"]
    assert secure == "id=1; HttpOnly; SameSite=lax; Path=/admin/; Secure"
    assert "Secure" not in (await ask("http://example.org")).headers["set-cookie"]


@pytest.mark.parametrize("public_url", ["https://example.org", ""])
async def test_signing_in_over_https(server: Server, admin: Any, public_url: str) -> None:
    core = msgspec.structs.replace(core_settings(server.plugins), public_url=public_url)
    built = build(server.plugins, core, server.app.ctx.realm)
    transport = httpx.ASGITransport(built, root_path="/admin")
    async with httpx.AsyncClient(
        timeout=60, transport=transport, base_url="https://example.org"
    ) as client:
        await client.get("/admin/")
        headers = {"X-CSRFToken": client.cookies["csrftoken"], "origin": "https://example.org"}
        given = {"username": "root", "password": PASSWORD}
        answer = await client.post("/admin/public/login/", json=given, headers=headers)
        assert answer.status_code == 200, answer.text
        assert ("Secure" in answer.headers["set-cookie"]) == bool(public_url)
        assert (await client.get("/admin/api/user/")).json()["username"] == "root"
