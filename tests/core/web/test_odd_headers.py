"""Headers may hold anything: none makes a mistake of ours."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.testing import Server
from tests.core.web.conftest import TASKS

NAMES = (
    "origin",
    "referer",
    "user-agent",
    "accept",
    "accept-language",
    "accept-encoding",
    "authorization",
    "cookie",
    "content-type",
    "range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-request-id",
    "traceparent",
    "last-event-id",
    "idempotency-key",
    "sec-fetch-site",
    "sec-websocket-protocol",
    "sec-websocket-key",
    "sec-websocket-extensions",
    "access-control-request-method",
    "upgrade",
)
WORST = ("", "http://[::1", "é\u2028".encode())
OTHERS = (
    "http://a:b:c/",
    "//",
    "a" * 4000,
    "9" * 400,
    "-1",
    "%00%ff",
    ";;,,==\"'",
    "=?utf-8?b?AA==?=",
    "{}[]<>",
    "a=1; a=2; =; ;",
    'for="[::1',
    "permessage-deflate; server_max_window_bits=99",
)
"""Each header has one of them at each place, another one at the next."""
UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
PLACES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("GET", "/", {}),
    ("GET", "/metrics", {}),
    ("GET", "/nothing", {}),
    ("OPTIONS", TASKS, {}),
    ("GET", "/admin/", {}),
    ("POST", "/admin/public/login/", {}),
    ("GET", TASKS, {}),
    ("POST", TASKS, {"content-type": "application/json"}),
    ("PATCH", f"{TASKS}/1", {"content-type": "application/json"}),
    ("POST", "/api/v1/auth/login", {"content-type": "application/json"}),
    ("GET", "/api/v1/realtime/events", {}),
    ("GET", "/api/v1/realtime/ws", UPGRADE),
)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_no_header_makes_a_mistake_of_ours(ada: Any) -> None:
    for row, (method, path, usual) in enumerate(PLACES):
        for column, name in enumerate(NAMES):
            for value in (*WORST, OTHERS[(row + column) % len(OTHERS)]):
                answer = await ada.request(method, path, headers={**usual, name: value})
                assert answer.status_code < 500, (method, path, name, value, answer.text)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_all_of_them_at_once_make_no_mistake_either(server: Server, client: Any) -> None:
    paths = {re.sub(r"<[^>]*>", "1", f"/{route.path}") for route in server.app.router.routes}
    for path in sorted(paths):
        for value in ("http://[::1", ";;,,==\"'"):
            headers = dict.fromkeys(NAMES, value)
            for method in ("GET", "POST"):
                answer = await client.request(method, path, headers=headers)
                assert answer.status_code < 500, (method, path, value, answer.text)
