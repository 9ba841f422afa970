"""Where outgoing requests may lead: to public addresses, whatever a URL or a name pretends."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from core.outgoing.addresses import is_public
from core.outgoing.client import fetch, reaching
from core.outgoing.refusals import OutgoingError, OutgoingRefused
from tests.core.test_outgoing import names, site

FORBIDDEN = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.9.9.9",
    "169.254.169.254",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::",
    "2002:808:808::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:20::1",
    "2606:4700::1%1",
]

ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "169.253.1.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_what_is_not_public_is_not_reached(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(OutgoingRefused, match="not of the public internet"):
        await fetch("GET", "http://example.org/", resolve=names([address]))


@pytest.mark.parametrize("address", ALLOWED)
def test_what_is_public_may_be_reached(address: str) -> None:
    assert is_public(ip_address(address))


async def test_one_forbidden_address_among_good_ones_is_enough() -> None:
    with pytest.raises(OutgoingRefused):
        await fetch("GET", "http://example.org/", resolve=names(["8.8.8.8", "127.0.0.1"]))


HOSTILE = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://0/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[fe80::1%25eth0]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://user:password@example.org/",
    "http://127.0.0.1@example.org/",
    "http://example.org@127.0.0.1/",
    "http://example.org#@127.0.0.1\\/",
    "http:\\\\127.0.0.1\\",
    "http:///etc/passwd",
    "http://",
    "//127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:25/",
    "ftp://example.org/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "http://example.org:99999999/",
    "http://example.org:x/",
    "http://exa mple.org/",
    "http://example.org/\r\nHost: evil",
    "http://example.org/\0",
    "http://[::1",
    "http://xn--/",
    "http://" + "a" * 300 + ".org/",
    "http://example.org/" + "a" * 3000,
    "",
    "x",
    "http://..",
    "http://.",
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_hostile_urls_reach_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[Any] = []

    async def connect_tcp(self: Any, *given: Any, **_: Any) -> Any:
        reached.append(given)
        raise AssertionError

    monkeypatch.setattr("httpcore.AnyIOBackend.connect_tcp", connect_tcp)
    with pytest.raises(OutgoingError):
        await fetch("GET", url, timeout=5, redirects=3)
    assert reached == []


async def test_a_name_is_asked_for_once_and_that_very_address_is_connected_to() -> None:
    """A name that is harmless when it is checked and ours when it is used leads nowhere."""
    asked: list[str] = []
    async with site() as here:

        async def rebinding(host: str, port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

        with reaching(private=True):
            answer = await fetch("GET", f"http://rebind.example:{here.port}/", resolve=rebinding)
        assert (answer.status, answer.body) == (200, b"hi")
    assert asked == ["rebind.example"]
    assert f"Host: rebind.example:{here.port}".lower() in here.heads[0].lower()
    with pytest.raises(OutgoingRefused):
        await fetch("GET", "http://rebind.example/", resolve=rebinding)
