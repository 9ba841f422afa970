"""Asking other servers for what users name: the public internet only, so much, so long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from core.outgoing import connecting
from core.outgoing.addresses import is_public
from core.outgoing.client import fetch, may_ask, reaching
from core.outgoing.refusals import OutgoingError, OutgoingRefused

Answer = Callable[[str], bytes]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


class Site:
    """A web server for one test that answers what the test says and remembers what it was sent."""

    def __init__(self, answer: Answer) -> None:
        self.port, self.heads = 0, list[str]()
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        writer.write(self._answer(head))
        await writer.drain()
        writer.close()


@asynccontextmanager
async def site(answer: Answer = lambda _: OK) -> AsyncIterator[Site]:
    served = Site(answer)
    listening = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.port = listening.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        listening.close()


def names(*answers: list[str]) -> connecting.Resolve:
    """Return a resolver that gives these answers, one after the other."""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        return left.pop(0)

    return resolve


def redirect(to: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} x\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "//127.0.0.1/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "http://a:b@example.org/",
        "http://inside.example/",
    ],
)
async def test_each_redirect_is_checked_again(to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with site(lambda _: redirect(to)) as here:
        real = is_public
        first = iter([True])
        monkeypatch.setattr(connecting, "is_public", lambda each: next(first, None) or real(each))
        resolver = names(["127.0.0.1"], ["10.0.0.1"])
        with pytest.raises(OutgoingRefused):
            await fetch(
                "GET", f"http://outside.example:{here.port}/", redirects=3, resolve=resolver
            )
    assert len(here.heads) == 1


async def test_redirects_are_followed_so_often_and_not_at_all_unless_asked_for() -> None:
    async with site(
        lambda head: OK if "/3 " in head else redirect(f"/{len(head) and next(steps)}")
    ) as here:
        url = f"http://127.0.0.1:{here.port}/0"
        with reaching(private=True):
            for redirects, status in ((0, 302), (2, 302), (3, 200)):
                steps = iter(range(1, 9))
                answer = await fetch("POST", url, content=b"x", redirects=redirects)
                assert answer.status == status
    assert here.heads[-1].startswith("GET /3")


async def test_no_header_of_ours_goes_to_another_host() -> None:
    async with (
        site() as there,
        site(lambda _: redirect(f"http://localhost:{there.port}/", 307)) as here,
    ):
        with reaching(private=True):
            url = f"http://127.0.0.1:{here.port}/"
            await fetch("POST", url, content=b"body", headers={"x-secret": "1"}, redirects=1)
    assert "x-secret" in here.heads[0]
    assert "x-secret" not in there.heads[0]
    assert "content-length: 0" in there.heads[0].lower() or "content-length" not in there.heads[0]


async def test_a_body_is_read_so_far_and_no_further() -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500_000
    async with site(lambda _: endless) as here:
        with reaching(private=True):
            answer = await fetch("GET", f"http://127.0.0.1:{here.port}/", most=1000)
    assert (len(answer.body), answer.whole) == (1000, False)


async def test_the_time_for_everything_together_is_limited() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.02)

    listening = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    begun = time.perf_counter()
    with reaching(private=True), pytest.raises(OutgoingError, match=r"within 0\.3 seconds"):
        await fetch("GET", f"http://127.0.0.1:{port}/", timeout=0.3)
    assert time.perf_counter() - begun < 10
    listening.close()


async def test_nothing_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with site() as here:
        with reaching(private=True):
            answer = await fetch("GET", f"http://127.0.0.1:{here.port}/")
    assert answer.status == 200
    assert "authorization" not in here.heads[0].lower()
    assert "cookie" not in here.heads[0].lower()


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"]
)
async def test_an_answer_that_is_none_is_an_error_not_a_surprise(answer: bytes) -> None:
    async with site(lambda _: answer) as here:
        with reaching(private=True), pytest.raises(OutgoingError):
            await fetch("GET", f"http://127.0.0.1:{here.port}/", timeout=2)


def test_a_url_can_be_refused_before_anything_is_asked() -> None:
    may_ask("https://example.org/hook?x=1")
    with pytest.raises(OutgoingRefused):
        may_ask("http://10.0.0.1/")
    with reaching(private=True):
        may_ask("http://10.0.0.1/")
