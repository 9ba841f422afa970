"""Whose word is taken for where a request comes from, and where this server is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sanic import HTTPResponse, Sanic
from sanic import json as as_json
from sanic.compat import Header

from core.configuration import survey
from core.settings import CoreSettings
from core.testing import running
from core.web.address import Proxies, address_of, forwarded_for, normal, public_url_of
from core.web.request import Request

TRUSTED = ["10.0.0.0/8", "fd00::/8", "192.0.2.7"]
FOR = "x-forwarded-for"
CASES = [
    ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
    ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
    ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.2.3.4", "198.51.100.1"),
    ("10.0.0.1", "10.9.9.9, 192.0.2.7", "10.9.9.9"),
    ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
    ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
    ("10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
    ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
    ("10.0.0.1", "", "10.0.0.1"),
    ("10.0.0.1", "unknown", "10.0.0.1"),
    ("10.0.0.1", "6.6.6.6, unknown", "10.0.0.1"),
    ("10.0.0.1", "6.6.6.6, fe80::1%eth0", "10.0.0.1"),
    ("10.0.0.1", "6.6.6.6, 1.2.3.4.5", "10.0.0.1"),
    ("10.0.0.1", "6.6.6.6, " + "1" * 5000, "10.0.0.1"),
    ("10.0.0.1", "6.6.6.6, ,", "10.0.0.1"),
    ("fd00::1", "198.51.100.1", "198.51.100.1"),
    ("unix", "198.51.100.1", "unix"),
]


def client(proxies: Proxies, peer: str, name: str, *values: str) -> str:
    return proxies.client(peer, Header([(name, value) for value in values]))


@pytest.mark.parametrize(("peer", "value", "expected"), CASES)
def test_only_a_trusted_proxy_is_believed(peer: str, value: str, expected: str) -> None:
    assert client(Proxies(TRUSTED, FOR), peer, FOR, value) == expected


def test_several_lines_are_one_list() -> None:
    proxies = Proxies(TRUSTED, FOR)
    assert client(proxies, "10.0.0.1", FOR, "6.6.6.6", "198.51.100.1, 10.0.0.2") == "198.51.100.1"


def test_without_trusted_proxies_nobody_is_believed() -> None:
    for header in (FOR, "forwarded"):
        assert client(Proxies([], header), "10.0.0.1", header, "6.6.6.6") == "10.0.0.1"


def test_only_the_header_that_the_proxy_writes_is_read() -> None:
    headers = Header(
        [(FOR, "198.51.100.1"), ("forwarded", "for=6.6.6.6"), ("x-real-ip", "6.6.6.6")]
    )
    assert Proxies(TRUSTED, FOR).client("10.0.0.1", headers) == "198.51.100.1"
    assert Proxies(TRUSTED, "forwarded").client("10.0.0.1", headers) == "6.6.6.6"


def test_a_proxy_on_a_socket_file_may_be_trusted() -> None:
    assert client(Proxies(["unix"], FOR), "unix", FOR, "198.51.100.1") == "198.51.100.1"
    assert client(Proxies(["unix"], FOR), "10.0.0.1", FOR, "198.51.100.1") == "10.0.0.1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for=198.51.100.1", ["198.51.100.1"]),
        ("For=6.6.6.6;proto=https, for=198.51.100.1;by=10.0.0.1", ["6.6.6.6", "198.51.100.1"]),
        ('for="[2001:db8::1]:4711"', ["[2001:db8::1]:4711"]),
        ('for="a, b;c" , for=_hidden', ["a, b;c", "_hidden"]),
        ("proto=https", [""]),
        ("for=6.6.6.6,", ["6.6.6.6", ""]),
        ('for="6.6.6.6, for=198.51.100.1', [""]),
        ("for=6.6.6.6 for=198.51.100.1", [""]),
        ("nonsense", [""]),
        ("", [""]),
    ],
)
def test_forwarded_is_read_as_rfc_7239_says(text: str, expected: list[str]) -> None:
    assert forwarded_for(text) == expected


def test_what_is_no_address_is_none() -> None:
    for text in (
        "",
        "a",
        "1.2.3",
        "1.2.3.4/8",
        "[::1",
        "::1]",
        "0x7f.1",
        "127.1",
        "1.2.3.4:x",
        "٣",
    ):
        assert normal(text) is None, text
    assert normal("[::1]") == "::1"


def test_the_peer_is_normal_too() -> None:
    for peername, expected in (
        (("127.0.0.1", 5), "127.0.0.1"),
        (("::1", 5, 0, 0), "::1"),
        (("fe80::1%2", 5, 0, 2), "fe80::1"),
        (("::ffff:10.0.0.1", 5, 0, 0), "10.0.0.1"),
        ("", "unix"),
        (None, "unix"),
    ):
        request: Any = SimpleNamespace(
            app=SimpleNamespace(ctx=SimpleNamespace()),
            conn_info=SimpleNamespace(peername=peername),
            headers=Header(),
        )
        assert address_of(request) == expected


STRANGE = {
    "x-forwarded-for": "6.6.6.6",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "666",
    "x-forwarded-path": "/evil",
    "x-scheme": "https",
    "x-real-ip": "6.6.6.6",
    "forwarded": "for=6.6.6.6;host=evil.example;proto=https",
}


async def test_sanic_believes_nobody_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANIC_PROXIES_COUNT", "1")
    monkeypatch.setenv("SANIC_REAL_IP_HEADER", "x-real-ip")
    Sanic.test_mode = True
    app: Sanic[Any, Any] = Sanic("strange", request_class=Request, configure_logging=False)

    @app.get("/")
    async def told(request: Any) -> HTTPResponse:
        names = ("ip", "client_ip", "remote_addr", "scheme", "host", "server_port", "server_path")
        return as_json({name: getattr(request, name) for name in names})

    async with (
        running(app) as url,
        httpx.AsyncClient(timeout=60, base_url=url, headers=STRANGE) as client,
    ):
        answer = (await client.get("/")).json()
    Sanic._app_registry.pop("strange")
    assert answer["ip"] == answer["client_ip"] == "127.0.0.1"
    assert (answer["remote_addr"], answer["scheme"], answer["server_path"]) == ("", "http", "/")
    assert f"http://{answer['host']}" == url


async def test_a_stranger_s_headers_do_not_reach_the_list_of_sessions(client: Any) -> None:
    person = {"email": "eve@example.org", "username": "eve", "password": "correct horse"}
    made = await client.post("/api/v1/auth/register", json=person, headers=STRANGE)
    token = {"authorization": f"Bearer {made.json()['access_token']}"}
    listed = await client.get("/api/v1/auth/sessions", headers=token)
    assert "127.0.0.1" in listed.text
    assert "6.6.6.6" not in listed.text


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("TRUSTED_PROXIES", '["10.0.0.1/8"]', "write 10.0.0.0/8"),
        ("TRUSTED_PROXIES", '["proxy.example"]', "is no network"),
        ("TRUSTED_PROXIES", '["*"]', "is no network"),
        ("CORS_ORIGINS", '["https://app.example.org/"]', "is no origin"),
        ("CORS_ORIGINS", '["app.example.org"]', "is no origin"),
        ("CORS_ORIGINS", '["null"]', "is no origin"),
        ("PUBLIC_URL", "example.org", "is no URL"),
        ("PUBLIC_URL", "ftp://example.org", "is no URL"),
        ("PUBLIC_URL", "https://", "is no URL"),
        ("PUBLIC_URL", "https://a:99999", "is no URL"),
        ("PUBLIC_URL", "https://example.org/app", "scheme, host and port alone"),
        ("PUBLIC_URL", "https://user:pass@example.org", "scheme, host and port alone"),
        ("PUBLIC_URL", "https://example.org?x", "scheme, host and port alone"),
        ("PUBLIC_URL", "https://exa mple.org", "without spaces"),
        ("PUBLIC_URL", "https://exämple.org", "xn--"),
    ],
)
def test_a_place_that_is_none_is_refused_with_a_sentence(
    variable: str, value: str, sentence: str
) -> None:
    name = f"TENFOLD_CORE__{variable}"
    _, problems = survey(Path("/nowhere"), {"TENFOLD_ENABLED": "", name: value})
    assert any(f"${name}" in each and sentence in each for each in problems), problems


def test_links_begin_with_the_public_url_or_where_the_server_listens() -> None:
    assert public_url_of(CoreSettings(public_url="https://a.example/")) == "https://a.example"
    assert public_url_of(CoreSettings()) == "http://127.0.0.1:8000"
    assert public_url_of(CoreSettings(host="::1", port=80)) == "http://[::1]:80"
