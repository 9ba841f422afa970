"""The bridge, with an ASGI application of its own behind it, on a real Sanic server."""

from __future__ import annotations

import asyncio
import secrets
import threading
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sanic import Request, Sanic
from sanic.response import text

from core.admin.bridge import Bridge
from core.admin.mount import refusal
from core.testing import running
from core.web import failures
from tests.patience import PATIENCE, until

from .recorder import MEGABYTE, Recorder, Refusing, answer

LIMIT = 64 * 1024 * 1024


def sanic() -> Sanic[Any, Any]:
    Sanic.test_mode = True
    app: Sanic[Any, Any] = Sanic(f"bridge_{secrets.token_hex(4)}", configure_logging=False)
    app.config.TOUCHUP = False
    failures.handle(app)
    return app


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def browser(recorder: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    app = sanic()
    Bridge("/mounted", lambda: recorder, limit=LIMIT).attach(app)
    async with running(app) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield client


async def test_the_application_sees_the_whole_unquoted_path(
    browser: httpx.AsyncClient, recorder: Recorder
) -> None:
    await browser.get("/mounted/hello/a%20b/%C3%BC?q=1%202", headers={b"X-Two": "ü".encode()})
    (scope,) = recorder.scopes
    assert scope["path"] == "/mounted/hello/a b/ü"
    assert scope["raw_path"] == b"/mounted/hello/a%20b/%C3%BC"
    assert scope["root_path"] == "/mounted"
    assert scope["query_string"] == b"q=1%202"
    assert (b"x-two", "ü".encode()) in scope["headers"]
    assert b"connection" not in dict(scope["headers"])
    assert scope["client"][0] == "127.0.0.1"


async def test_the_bare_prefix_leads_to_its_root(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/mounted?a=b")
    assert answer.status_code == 308
    assert answer.headers["location"] == "/mounted/?a=b"
    assert (await browser.get("/mounted/")).text == "hello"


async def test_a_body_and_an_answer_of_fifty_megabytes_are_never_held_in_memory(
    browser: httpx.AsyncClient,
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield MEGABYTE

    await browser.get("/mounted/")
    tracemalloc.start()
    answer = await browser.post("/mounted/count", content=pieces())
    assert answer.text == str(50 * len(MEGABYTE))
    size = 0
    async with browser.stream("GET", "/mounted/stream") as answer:
        async for piece in answer.aiter_bytes():
            size += len(piece)
    assert size == 50 * len(MEGABYTE)
    assert tracemalloc.get_traced_memory()[1] < 25 * 1024 * 1024
    tracemalloc.stop()


@pytest.mark.parametrize("path", ["count", "careless"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_413_whatever_the_application_does(
    browser: httpx.AsyncClient, recorder: Recorder, path: str, chunked: bool
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * 600

    app = sanic()
    Bridge("/small", lambda: recorder, limit=500).attach(app)
    async with running(app) as url, httpx.AsyncClient(timeout=60, base_url=url) as client:
        body: Any = pieces() if chunked else b"x" * 600
        answer = await client.post(f"/small/{path}", content=body)
        assert answer.status_code == 413
        assert (await client.post(f"/small/{path}", content=b"x" * 500)).text == "500"


async def test_head_has_the_length_and_no_body(browser: httpx.AsyncClient) -> None:
    for _ in range(2):
        answer = await browser.head("/mounted/hello")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == "5"
    assert (await browser.head("/mounted/stream")).headers["content-length"] == str(50 << 20)


async def test_an_answer_without_a_body_keeps_the_connection(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/mounted/nothing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await browser.get("/mounted/")).text == "hello"


async def test_every_cookie_arrives_and_hop_by_hop_headers_do_not(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/mounted/cookies")
    assert answer.headers.get_list("set-cookie") == [f"c{n}={n}" for n in range(5)]
    assert answer.headers["connection"] == "keep-alive"
    assert "transfer-encoding" not in answer.headers


async def test_a_stream_is_whole_while_the_application_listens_for_the_client(
    browser: httpx.AsyncClient,
) -> None:
    assert (await browser.get("/mounted/slowly")).text == "partpartpart"


async def test_a_client_that_goes_away_ends_the_work(
    browser: httpx.AsyncClient, recorder: Recorder
) -> None:
    where = urlsplit(str(browser.base_url))
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(b"GET /mounted/wait HTTP/1.1\r\nhost: x\r\n\r\n")
    await until(lambda: recorder.scopes)
    writer.close()
    await until(recorder.cancelled.is_set)
    assert (await browser.get("/mounted/")).text == "hello"


@pytest.mark.parametrize("path", ["early", "silent"])
async def test_an_error_before_the_answer_is_a_500(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(f"/mounted/{path}")).status_code == 500
    assert (await browser.get("/mounted/")).text == "hello"


@pytest.mark.parametrize("path", ["late", "unfinished"])
async def test_half_an_answer_does_not_look_like_a_whole_one(
    browser: httpx.AsyncClient, path: str
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await browser.get(f"/mounted/{path}")
    assert (await browser.get("/mounted/")).text == "hello"


async def test_an_error_after_the_answer_leaves_the_answer(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/mounted/after")).text == "whole"


class SlowBuild:
    """Takes as long as the test wants."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.threads: list[threading.Thread] = []
        self.done = threading.Event()

    def __call__(self) -> Recorder:
        self.threads.append(threading.current_thread())
        self.done.wait(PATIENCE)
        return self.recorder


async def test_the_application_is_built_once_however_many_come_first(recorder: Recorder) -> None:
    build, app = SlowBuild(recorder), sanic()
    Bridge("/lazy", build, limit=LIMIT).attach(app)

    @app.get("/other")
    async def other(request: Request) -> Any:
        return text("quick")

    async with running(app) as url, httpx.AsyncClient(timeout=60, base_url=url) as client:
        assert build.threads == []
        first = [asyncio.ensure_future(client.get("/lazy/")) for _ in range(5)]
        await until(lambda: build.threads)
        assert (await client.get("/other")).text == "quick"
        build.done.set()
        assert {(await each).text for each in first} == {"hello"}
        assert recorder.told == ["lifespan.startup"]
    assert len(build.threads) == 1
    assert build.threads[0] is not threading.main_thread()
    assert recorder.told == ["lifespan.startup", "lifespan.shutdown"]


async def test_a_first_client_that_goes_away_does_not_start_a_second_build(
    recorder: Recorder,
) -> None:
    build, app = SlowBuild(recorder), sanic()
    Bridge("/lazy", build, limit=LIMIT).attach(app)
    async with running(app) as url, httpx.AsyncClient(timeout=60, base_url=url) as client:
        first = asyncio.ensure_future(client.get("/lazy/"))
        await until(lambda: build.threads)
        first.cancel()
        second = asyncio.ensure_future(client.get("/lazy/"))
        await asyncio.sleep(0.1)
        build.done.set()
        assert (await second).text == "hello"
    assert len(build.threads) == 1


async def test_who_is_not_signed_in_is_refused_before_the_admin_is_built(
    recorder: Recorder,
) -> None:
    """The page asks before somebody signs in; an answer after that would sign them out again."""
    build, app = SlowBuild(recorder), sanic()
    Bridge("/admin", build, limit=LIMIT, meanwhile=refusal).attach(app)
    async with running(app) as url, httpx.AsyncClient(timeout=60, base_url=url) as client:
        assert (await client.get("/admin/api/links/")).status_code == 401
        await until(lambda: build.threads)
        assert (await client.get("/admin/api/tables/")).status_code == 401
        waiting = [
            asyncio.ensure_future(client.get("/admin/")),
            asyncio.ensure_future(client.get("/admin/api/user/", headers={"cookie": "id=abc"})),
        ]
        await asyncio.sleep(0.1)
        assert not any(each.done() for each in waiting)
        build.done.set()
        assert {(await each).text for each in waiting} == {"hello"}
        assert (await client.get("/admin/api/links/")).text == "hello"
    assert len(build.threads) == 1


async def test_a_build_that_fails_is_said_and_tried_again(recorder: Recorder) -> None:
    outcomes: Iterator[Any] = iter([ValueError("no such table"), Refusing(), recorder])

    def build() -> Any:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    app = sanic()
    Bridge("/lazy", build, limit=LIMIT).attach(app)
    async with running(app) as url, httpx.AsyncClient(timeout=60, base_url=url) as client:
        for _ in range(2):
            answer = await client.get("/lazy/")
            assert answer.status_code == 503
            assert "could not be started" in answer.json()["detail"]
            assert "no such table" not in answer.text
        assert (await client.get("/lazy/")).text == "hello"


async def test_an_application_without_a_lifespan_is_served() -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await answer(send, b"plain")

    app = sanic()
    Bridge("/plain", lambda: plain, limit=LIMIT).attach(app)
    async with running(app) as url, httpx.AsyncClient(timeout=60, base_url=url) as client:
        assert (await client.get("/plain/")).text == "plain"
