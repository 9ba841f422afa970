"""What is logged: whole lines in one format, with the request's id, and without secrets."""

from __future__ import annotations

import asyncio
import json
import logging
import multiprocessing
import os
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.logs import setup
from core.logs.masking import know, mask
from core.logs.setup import configure
from core.logs.writing import PORTION, Stream
from core.testing import Server, serving
from tests.patience import PATIENCE

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
KEY = "tf_ab12cd34_" + "Ab1" * 14 + "x"
RANDOM = "h3Jk9-QpLmN_7xYzAbCdEfGhIjKlMnOpQrStUvWxYz0"
PASSWORD = "hunter2 is weak"


@pytest.fixture
def everything_as_before() -> Iterator[None]:
    """Put the loggers of this process back as they were."""
    root, before = logging.getLogger(), setup._stream
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    setup._stream = before
    know([])
    logging.captureWarnings(False)


Lines = Callable[[], list[str]]


def lines_of(file: Path, stream: Stream) -> list[str]:
    assert stream.flush(PATIENCE)
    return file.read_text().splitlines()


@pytest.fixture(params=["plain", "json"])
async def logging_server(
    request: pytest.FixtureRequest,
    tenfold_environment: dict[str, str],
    tmp_path: Path,
    everything_as_before: None,
) -> AsyncIterator[tuple[Server, Path, str]]:
    """Serve with a log in a file: the server, the file, the format."""
    settings = {
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path / 'logs.db'}",
        "TENFOLD_CORE__DATA": str(tmp_path),
        "TENFOLD_CORE__LOG": request.param,
        "TENFOLD_ENABLED": "",
    }
    file = tmp_path / "log"
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    from core.configuration import read

    environment = {**tenfold_environment, **settings}
    configure(read(Path("/nowhere/plugins.toml"), environment), opened)
    async with serving(environment) as server:
        yield server, file, request.param
    os.close(opened)


async def log_of(server: Server, file: Path) -> list[str]:
    """Return the lines so far."""
    server.app.ctx.observer.gather()
    stream = setup.stream()
    assert stream is not None
    return await asyncio.to_thread(lines_of, file, stream)


def add_broken(server: Server, text: str) -> None:
    """Let ``/problems`` raise ``text``."""

    async def broken(_: Any) -> None:
        raise RuntimeError(text)

    (route,) = [each for each in server.app.router.routes if each.path == "problems"]
    route.handler = broken


async def test_no_secret_of_a_whole_session_is_written_down(
    logging_server: tuple[Server, Path, str],
) -> None:
    server, file, _ = logging_server
    secrets: list[str] = [PASSWORD, "another long pass", JWT, KEY, RANDOM]
    add_broken(
        server,
        f"cannot log in with password={PASSWORD.split()[0]}! Bearer {JWT} key {KEY} at "
        f"https://ada:{RANDOM}@example.org/?token={RANDOM}&code=123456 "
        f"{{'Cookie': 'session={RANDOM}', 'refresh_token': '{RANDOM}'}}",
    )
    answers: list[str] = []
    async with httpx.AsyncClient(timeout=60, base_url=server.url) as client:

        async def ask(method: str, path: str, **more: Any) -> Any:
            answer = await client.request(method, path, **more)
            if answer.status_code >= 400:
                answers.append(answer.text)
            is_json = answer.headers.get("content-type", "").startswith("application/json")
            return answer.json() if is_json else {}

        auth = "/api/v1/auth"
        ada = {"email": "ada@example.org", "username": "ada", "password": PASSWORD}
        made = await ask("POST", f"{auth}/register", json=ada)
        headers = {"authorization": f"Bearer {made['access_token']}"}
        secrets += [made["access_token"], made["refresh_token"]]
        await ask("POST", f"{auth}/login", json={"login": "ada", "password": "another long pass"})
        again = await ask("POST", f"{auth}/login", json={"login": "ada", "password": PASSWORD})
        secrets += [again["access_token"], again["refresh_token"]]
        body = {"refresh_token": again["refresh_token"]}
        secrets += (await ask("POST", f"{auth}/refresh", json=body)).get("refresh_token", "")[:0]
        await ask("POST", f"{auth}/password/forgot", json={"email": "ada@example.org"})
        await ask("POST", f"{auth}/password/reset", json={"token": RANDOM, "password": PASSWORD})
        await ask("POST", f"{auth}/email/verify", json={"token": RANDOM})
        totp = await ask("POST", f"{auth}/totp", headers=headers)
        secrets += [value for value in totp.values() if isinstance(value, str) and len(value) > 20]
        key = {"name": "robot", "permissions": ["auth.self"]}
        secrets += [(await ask("POST", f"{auth}/api-keys", json=key, headers=headers)).get("key")]
        await ask("POST", "/admin/api/login/", json={"username": "ada", "password": PASSWORD})
        await ask("GET", f"/s/{RANDOM}?token={RANDOM}", headers={"cookie": f"id={RANDOM}"})
        await ask("GET", f"/nowhere/{JWT}", headers={"authorization": f"Bearer {KEY}"})
        await ask("GET", "/problems", headers={"authorization": f"Bearer {JWT}"})
        metrics = (await client.get("/metrics")).text
    log = "\n".join(await log_of(server, file))
    assert "RuntimeError" in log
    for secret in filter(None, [*secrets, PASSWORD.split()[0]]):
        assert secret not in log, log[max(0, log.index(secret) - 200) :][:400]
        assert secret not in "\n".join(answers) + metrics
    assert server.app.ctx.realm is not None
    assert (file.parent / "secret").read_text().strip() not in log


async def test_each_line_about_a_request_has_its_id(
    logging_server: tuple[Server, Path, str],
) -> None:
    server, file, format = logging_server
    add_broken(server, "it is broken")
    async with httpx.AsyncClient(timeout=60, base_url=server.url) as client:
        for number in range(3):
            await client.get("/problems", headers={"x-request-id": f"mine-{number}"})
        await client.get("/health/live", headers={"x-request-id": "last"})
    lines = await log_of(server, file)
    for number in range(3):
        about = [line for line in lines if f"mine-{number}" in line]
        assert len(about) >= 2, "the error, and the access"
    if format == "json":
        objects = [json.loads(line) for line in lines]
        error = next(each for each in objects if each.get("trace"))
        assert error["request_id"] == "mine-0"
        assert error["level"] == "error"
        assert "RuntimeError: it is broken" in error["trace"]
        access = next(each for each in objects if each["logger"] == "access")
        assert access["status"] == 500
        assert access["method"] == "GET"
        assert access["path"] == "/problems"
        assert access["address"] == "127.0.0.1"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", access["time"])


async def test_work_behind_requests_has_no_request(
    logging_server: tuple[Server, Path, str],
) -> None:
    server, file, _ = logging_server
    async with httpx.AsyncClient(timeout=60, base_url=server.url) as client:
        await client.get("/health/live", headers={"x-request-id": "asked"})
    logging.getLogger("tenfold.todo").warning("behind all requests")
    lines = await log_of(server, file)
    (line,) = [each for each in lines if "behind all requests" in each]
    assert "asked" not in line
    assert "todo" in line


async def test_a_request_that_cannot_be_read_is_in_the_log_too(
    logging_server: tuple[Server, Path, str],
) -> None:
    server, file, _ = logging_server
    host, _, port = server.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-ID: good\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n")
    await reader.read()
    writer.close()
    lines = await log_of(server, file)
    bad = [each for each in lines if " 400" in each]
    assert len(bad) == 1
    assert "good" not in bad[0]


async def test_nobody_fills_the_log_with_errors_by_bodies_that_are_not_read(
    logging_server: tuple[Server, Path, str],
) -> None:
    server, file, _ = logging_server
    async with httpx.AsyncClient(timeout=60, base_url=server.url) as client:
        answer = await client.request("OPTIONS", "/api/v1/auth/login", content=b"x" * 5000)
    assert answer.status_code == 204
    assert not [each for each in await log_of(server, file) if "consumed" in each]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Bearer {JWT}", JWT),
        (f"authorization='Basic {RANDOM}'", RANDOM),
        (f"{{'cookie': 'a=b; tenfold={RANDOM}'}}", RANDOM),
        ("postgres://tenfold:correct-horse@db/tenfold", "correct-horse"),
        ("redis://:pa55word@host/0", "pa55word"),
        ('{"password": "correct horse", "login": "ada"}', "correct horse"),
        ("{'new_password': 'it\\'s long'}", "long"),
        ("password=correct", "correct"),
        ("GET /x?token=abc123&b=2", "abc123"),
        ("GET /x?access_token=abc123", "abc123"),
        ("the key tf_ab12cd34_" + "x" * 43, "x" * 43),
        ("secret JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP"),
        ('{"code": "123456"}', "123456"),
        (f"ValueError: {RANDOM}", RANDOM),
        (f"https://example.org/reset#{RANDOM}", RANDOM),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, secret: str) -> None:
    assert secret not in mask(text)
    assert "****" in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v1/todo/tasks/12 200 512B 1.2ms [0d7f9eec505c49dfb770d3ca]",
        "Sign in: send the header Authorization: Bearer <access token>.",
        'File "/srv/tenfold/core/web/limits/limiter.py", line 12, in admit',
        "The signing key 0d7f9eec505c49df is not used.",
        "https://example.org:8000/docs",
        "todo_2026_11_23t01_57_30_173036 was migrated in 0.2 s",
    ],
)
def test_what_is_no_secret_can_be_read(text: str) -> None:
    assert mask(text) == text


def test_secrets_of_the_settings_are_masked_wherever_they_stand(
    everything_as_before: None,
) -> None:
    know(["plainwords", "short"])
    assert mask("it says plainwords, and short") == "it says ****, and short"


def test_masking_takes_no_time_an_attacker_could_use() -> None:
    for text in ("password" * 20_000, "a:" * 50_000, "eyJ" + "A" * 200_000, '"' * 100_000):
        began = time.process_time()
        mask(text)
        assert time.process_time() - began < 1.0, text[:20]


def _write(file: str, name: str, times: int) -> None:
    stream = Stream(os.open(file, os.O_WRONLY | os.O_APPEND))
    for number in range(times):
        stream.write([f"{name} {number} {'x' * (number % 300)} end\n".encode()])
    assert stream.flush(60)


@pytest.mark.parametrize("pipe", [True, False])
def test_lines_of_several_processes_are_whole(tmp_path: Path, pipe: bool) -> None:
    file = tmp_path / "log"
    received: list[bytes] = []
    if pipe:
        os.mkfifo(file)
        opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(opened, True)
        keeper = os.open(file, os.O_WRONLY)
        reading = threading.Thread(target=_receive, args=(opened, received))
        reading.start()
    else:
        file.touch()
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_write, args=(str(file), name, 2000)) for name in ("one", "two")]
    for each in both:
        each.start()
    for each in both:
        each.join(60)
    if pipe:
        os.close(keeper)
        reading.join(20)
    text = b"".join(received).decode() if pipe else file.read_text()
    lines = text.splitlines()
    assert len(lines) == 4000
    assert all(re.fullmatch(r"(one|two) \d+ x* end", line) for line in lines)


def _receive(file: int, received: list[bytes]) -> None:
    while data := os.read(file, 65_536):
        received.append(data)


def test_a_log_that_nobody_reads_holds_nobody_up() -> None:
    reading, writing = os.pipe()
    stream = Stream(writing)
    began = time.monotonic()
    for _ in range(5000):
        stream.write([b"x" * (PORTION - 1) + b"\n"])
    assert time.monotonic() - began < 60
    assert stream.lost > 0
    assert not stream.flush(0.1)
    os.close(reading)
    assert stream.flush(60)
    os.close(writing)
