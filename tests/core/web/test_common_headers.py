"""Every answer carries what keeps it safe, whoever made it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from core.testing import Server
from core.web.common_headers import CommonHeaders
from core.web.cors import Cors
from tests.core.web.conftest import TASKS
from tests.core.web.wire import send

ALWAYS = (
    "x-content-type-options",
    "referrer-policy",
    "content-security-policy",
    "cache-control",
    "x-request-id",
    "date",
    "strict-transport-security",
)
LINKS = "/api/v1/shortener/links"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
EARLY = {
    400: b"GET / HTTP/1.1\r\n\r\n",
    431: b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    413: b"POST " + TASKS.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
    417: b"POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 5\r\n\r\n",
}


@pytest.fixture(autouse=True)
async def over_tls(server: Server) -> AsyncIterator[None]:
    """Let the server believe that it is reached by HTTPS."""
    before = server.app.ctx.common_headers
    server.app.ctx.common_headers = CommonHeaders(Cors([]), secure=True)
    yield
    server.app.ctx.common_headers = before


def complete(headers: Any, case: str) -> None:
    missing = [name for name in ALWAYS if name not in headers]
    assert not missing, (case, missing)
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"], case
    assert headers["strict-transport-security"].startswith("max-age=")
    assert "server" not in headers, case
    assert "x-powered-by" not in headers, case


async def test_every_route_answers_every_method_with_all_of_them(
    server: Server, client: Any, ada: Any, admin: Any
) -> None:
    paths = {re.sub(r"<[^>]*>", "1", f"/{route.path}") for route in server.app.router.routes}
    paths |= {"/nothing", "/api/v1/nothing", "/admin/assets/nothing.js", f"{TASKS}?limit=x"}
    sockets = {each for each in paths if "events" in each}
    for path in sorted(paths - sockets):
        for person in (client, ada, admin):
            for method in METHODS if person is client else ("GET",):
                answer = await person.request(method, path)
                complete(answer.headers, f"{method} {path} {answer.status_code}")
                if person is not client and not path.startswith("/admin"):
                    public = "public" in answer.headers["cache-control"]
                    assert public or re.search("no-store|no-cache", answer.headers["cache-control"])


async def test_what_is_answered_before_there_is_a_request_has_them(server: Server) -> None:
    for status, sent in EARLY.items():
        answer = await send(server, sent)
        assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
        lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        complete(dict(line.split(": ", 1) for line in lines), str(status))


async def test_the_date_is_that_of_the_answer(client: Any) -> None:
    for path in ("/health/live", "/admin/"):
        before = datetime.now(UTC)
        made = parsedate_to_datetime((await client.get(path)).headers["date"])
        assert before - timedelta(seconds=2) < made < datetime.now(UTC) + timedelta(seconds=1), path


async def test_a_redirect_has_the_date_of_its_own_answer(client: Any, ada: Any) -> None:
    code = (await ada.post(LINKS, json={"target": "https://example.com/"})).json()["code"]
    dates = []
    for _ in range(2):
        answer = await client.get(f"/s/{code}", follow_redirects=False)
        assert answer.status_code == 302, answer.text
        dates.append(answer.headers.get_list("date"))
        await asyncio.sleep(1.05)
    assert [len(each) for each in dates] == [1, 1]
    assert dates[0] != dates[1]


async def test_what_has_not_changed_and_a_redirect_have_them(client: Any) -> None:
    etag = (await client.get("/")).headers["etag"]
    unchanged = await client.get("/", headers={"if-none-match": etag})
    moved = await client.get("/admin")
    for answer, status in ((unchanged, 304), (moved, 308)):
        assert answer.status_code == status
        complete(answer.headers, str(status))


async def test_a_refused_websocket_has_them(client: Any) -> None:
    upgrade = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    for path in (TASKS, "/nothing", "/api/v1/realtime/ws"):
        answer = await client.get(path, headers=upgrade)
        assert answer.status_code >= 400
        complete(answer.headers, path)


async def test_without_tls_no_browser_is_told_to_use_it(server: Server, client: Any) -> None:
    server.app.ctx.common_headers = CommonHeaders(Cors([]), secure=False)
    assert "strict-transport-security" not in (await client.get("/")).headers
