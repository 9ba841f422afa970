"""Requests that two servers would read in two ways: one answer at most, and it is a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.web.conftest import TASKS
from tests.core.web.wire import send, statuses

SMUGGLED = b"POST /api/v1/todo/tasks HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n"
LENGTH = b"Content-Length: 5"
CHUNKED = b"Transfer-Encoding: chunked"
HEADS = {
    "a space in front of the colon": [b"Host: a", b"Content-Length : 5"],
    "a tab in front of the colon": [b"Host: a", b"Content-Length\t: 5"],
    "a space in front of a colon, chunked": [b"Host: a", b"Transfer-Encoding : chunked"],
    "a name that begins with a space": [b"Host: a", b" Content-Length: 5"],
    "a folded line": [b"Host: a", b"X: y", b"\tz", LENGTH],
    "a NUL in a value": [b"Host: a", b"X: y\0z"],
    "a NUL in a name": [b"Host: a", b"X\0: y"],
    "a bare line feed": [b"Host: a", b"X: y\nContent-Length: 5"],
    "a bare carriage return": [b"Host: a", b"X: y\rContent-Length: 5"],
    "a line without a colon": [b"Host: a", b"Content-Length 5"],
    "an empty name": [b"Host: a", b": 5"],
    "no Host": [b"X: y"],
    "two Hosts": [b"Host: a", b"Host: b"],
    "the same Host twice": [b"Host: a", b"HOST: a"],
    "a Host that is not ASCII": ["Host: ä".encode()],
    "a Host with a space": [b"Host: a b"],
    "a Host with somebody in front": [b"Host: a@b"],
    "a Host with a path": [b"Host: a/b"],
    "a Host with an odd port": [b"Host: a:b"],
    "a Host with a huge port": [b"Host: a:123456"],
    "a Host that is half an address": [b"Host: [::1"],
    "a Host that is no address": [b"Host: [1:2:3]"],
    "a Host that is very long": [b"Host: " + b"a" * 300],
    "length and chunks": [b"Host: a", LENGTH, CHUNKED],
    "chunks and length": [b"Host: a", CHUNKED, LENGTH],
    "two lengths": [b"Host: a", LENGTH, b"Content-Length: 6"],
    "the same length twice": [b"Host: a", LENGTH, LENGTH],
    "a list of lengths": [b"Host: a", b"Content-Length: 5, 5"],
    "a negative length": [b"Host: a", b"Content-Length: -5"],
    "a length with a sign": [b"Host: a", b"Content-Length: +5"],
    "a length with an underscore": [b"Host: a", b"Content-Length: 1_0"],
    "a hexadecimal length": [b"Host: a", b"Content-Length: 0x5"],
    "a fraction": [b"Host: a", b"Content-Length: 5.0"],
    "no length": [b"Host: a", b"Content-Length: "],
    "a huge length": [b"Host: a", b"Content-Length: " + b"9" * 400],
    "a length in other digits": [b"Host: a", "Content-Length: ５".encode()],
    "a length behind a no-break space": [b"Host: a", "Content-Length:\xa05".encode()],
    "chunks behind a no-break space": [b"Host: a", "Transfer-Encoding:\xa0chunked".encode()],
    "another encoding": [b"Host: a", b"Transfer-Encoding: gzip"],
    "two encodings": [b"Host: a", b"Transfer-Encoding: gzip, chunked"],
    "chunked twice": [b"Host: a", CHUNKED, CHUNKED],
    "chunked in quotes": [b"Host: a", b'Transfer-Encoding: "chunked"'],
    "chunked, and a word": [b"Host: a", b"Transfer-Encoding: xchunked"],
    "chunked behind a vertical tab": [b"Host: a", b"Transfer-Encoding:\x0bchunked"],
}
LINES = {
    "HTTP/0.9": b"GET /health/live",
    "HTTP/2.0": b"GET /health/live HTTP/2.0",
    "HTTP/1.2": b"GET /health/live HTTP/1.2",
    "another protocol": b"GET /health/live XTTP/1.1",
    "lower case": b"GET /health/live http/1.1",
    "two spaces": b"GET  /health/live HTTP/1.1",
    "a tab": b"GET\t/health/live HTTP/1.1",
    "a space at the end": b"GET /health/live HTTP/1.1 ",
    "no method": b" /health/live HTTP/1.1",
    "a method with a colon": b"GE:T /health/live HTTP/1.1",
    "a NUL in the path": b"GET /health/\0live HTTP/1.1",
    "raw UTF-8 in the path": "GET /héalth HTTP/1.1".encode(),
    "a raw byte in the path": b"GET /h\xffalth HTTP/1.1",
    "an escape": b"GET /health/\x1b[31m HTTP/1.1",
    "no path": b"GET HTTP/1.1",
    "no slash": b"GET health/live HTTP/1.1",
    "a fragment": b"GET /health/live#a HTTP/1.1",
}
HOSTS = (b"a", b"a.example.org:8000", b"a_b", b"[::1]:8000", b"127.0.0.1:80", b"a:", b"")


def authorized(ada: Any) -> bytes:
    return f"Authorization: {ada.headers['authorization']}".encode()


@pytest.mark.usefixtures("nothing_written")
async def test_an_ambiguous_head_is_refused_and_what_follows_is_not_read(
    server: Any, ada: Any
) -> None:
    hidden = SMUGGLED % authorized(ada)
    for case, lines in HEADS.items():
        head = b"\r\n".join([b"POST /api/v1/todo/tasks HTTP/1.1", *lines, authorized(ada)])
        answer = await send(server, head + b"\r\n\r\n" + hidden + hidden)
        assert statuses(answer) == [400], (case, answer)
        assert b"application/problem+json" in answer, case
        assert b"connection: close" in answer, case


async def test_an_odd_first_line_is_refused(server: Any) -> None:
    for case, line in LINES.items():
        answer = await send(server, line + b"\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert statuses(answer) == [400], (case, answer)
        assert b"application/problem+json" in answer, case


async def test_a_host_may_be_a_name_or_an_address(server: Any) -> None:
    requests = (b"GET /health/live HTTP/1.1\r\nHost: %b\r\n\r\n" % host for host in HOSTS)
    assert statuses(await send(server, *requests)) == [200] * len(HOSTS)


@pytest.mark.usefixtures("nothing_written")
async def test_chunks_that_cannot_be_read_end_the_connection(server: Any, ada: Any) -> None:
    lines = [b"POST /api/v1/todo/tasks HTTP/1.1", b"Host: a", CHUNKED, authorized(ada)]
    head = b"\r\n".join([*lines, b"Content-Type: application/json"])
    for body in (
        b"-1\r\n\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"zz\r\nhello\r\n0\r\n\r\n",
        b"1_0\r\nhello\r\n0\r\n\r\n",
        b"5" * 100,
        b"0\r\nX: y\r\n\r\n",
    ):
        answer = await send(server, head + b"\r\n\r\n" + body + SMUGGLED % authorized(ada))
        assert statuses(answer) == [400], (body, answer)


async def test_http_1_0_needs_no_host_and_knows_no_chunks(server: Any) -> None:
    assert statuses(await send(server, b"GET /health/live HTTP/1.0\r\n\r\n")) == [200]
    head = b"POST /health/live HTTP/1.0\r\nHost: a\r\n" + CHUNKED
    assert statuses(await send(server, head + b"\r\n\r\n0\r\n\r\n")) == [400]


async def test_requests_behind_each_other_are_answered_in_order(server: Any) -> None:
    one = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
    two = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
    assert statuses(await send(server, one + two + one)) == [200, 404, 200]


async def test_a_head_may_come_in_pieces(server: Any) -> None:
    request = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = await send(server, *(bytes([each]) for each in request), pause=0.001)
    assert statuses(answer) == [200]


async def test_a_header_may_hold_utf_8_and_tabs(server: Any) -> None:
    head = "GET /health/live HTTP/1.1\r\nHost: a\r\nUser-Agent: Zoë\t1.0\r\nX-Y_z.1: \r\n\r\n"
    assert statuses(await send(server, head.encode())) == [200]


async def test_many_or_long_headers_are_refused(server: Any) -> None:
    start = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"
    for more in (b"X: y\r\n" * 5000, b"X: " + b"y" * 20_000 + b"\r\n", b"X" * 2_000_000):
        answer = await send(server, start + more + b"\r\n")
        assert statuses(answer) == [431], answer
        assert b"head_too_large" in answer


BIG = b'{"title": "' + b"a" * 2_000_000 + b'"}'


def upload(ada: Any, *lines: bytes, path: str = TASKS) -> bytes:
    first = f"POST {path} HTTP/1.1".encode()
    return b"\r\n".join(
        [first, b"Host: a", b"Content-Type: application/json", authorized(ada), *lines, b"", b""]
    )


@pytest.mark.usefixtures("nothing_written")
async def test_a_body_of_two_megabytes_is_refused_and_the_client_hears_of_it(
    server: Any, ada: Any
) -> None:
    head = upload(ada, b"Content-Length: %d" % len(BIG))
    chunked = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BIG[:999], BIG[999:]))
    for sent in (head + BIG, upload(ada, CHUNKED) + chunked + b"0\r\n\r\n"):
        answer = await send(server, sent)
        assert statuses(answer) == [413], answer
        assert b"payload_too_large" in answer
        assert b"connection: close" in answer


@pytest.mark.usefixtures("nothing_written")
async def test_a_client_hears_of_it_while_it_still_sends(ada: Any) -> None:
    headers = {"content-type": "application/json"}
    for _ in range(10):
        answer = await ada.post(TASKS, content=BIG * 4, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


@pytest.mark.usefixtures("nothing_written")
async def test_who_asks_before_sending_too_much_is_not_invited_to(server: Any, ada: Any) -> None:
    head = upload(ada, b"Content-Length: 2000000", b"Expect: 100-continue")
    assert statuses(await send(server, head)) == [413]


async def test_who_asks_before_sending_is_invited_to(server: Any, ada: Any) -> None:
    body = b'{"title": "a"}'
    head = upload(ada, b"Content-Length: %d" % len(body), b"Expect: 100-continue")
    assert statuses(await send(server, head, body)) == [100, 201]


async def test_who_sends_too_much_to_nowhere_hears_of_it(server: Any, ada: Any) -> None:
    for line in (b"Content-Length: %d" % len(BIG), CHUNKED):
        body = BIG if line is not CHUNKED else b"%x\r\n%b\r\n0\r\n\r\n" % (len(BIG), BIG)
        answer = await send(server, upload(ada, line, path="/nothing") + body)
        assert statuses(answer)[-1] == 404, answer[:300]


async def test_a_body_of_just_the_limit_is_read(ada: Any) -> None:
    headers = {"content-type": "application/json"}
    for size, status in ((1_048_576, 201), (1_048_577, 413)):
        body = b'{"title": "a"}'.ljust(size)
        answer = await ada.post(TASKS, content=body, headers=headers)
        assert answer.status_code == status


async def test_a_body_that_ends_early_writes_nothing(server: Any, ada: Any) -> None:
    from asyncio import open_connection
    from urllib.parse import urlsplit

    address = urlsplit(server.url)
    _, writer = await open_connection(address.hostname, address.port)
    writer.write(upload(ada, b"Content-Length: 100") + b'{"title": "a"}')
    await writer.drain()
    writer.close()
    assert (await ada.get(TASKS, params={"count": "true"})).json()["total"] == 0
