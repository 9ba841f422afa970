"""Who asks too often waits; everybody else does not notice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import pytest
from sanic import Blueprint

from core.endpoint import endpoint
from core.plugins import PluginError
from core.testing import Server, serving, sign_up
from core.web.limits import limiter
from core.web.limits.limiter import network_of
from core.web.limits.rules import rule_of
from tests.core.web.conftest import TASKS, problem_of

ME = "/api/v1/auth/me"
READ, WRITE, STRANGER = 5, 3, 4

pytestmark = pytest.mark.usefixtures("clock_stands_still")


class Out(msgspec.Struct):
    text: Annotated[str, msgspec.Meta(max_length=10)] = "hello"


@pytest.fixture
async def limited(tenfold_environment: dict[str, str], tmp_path: Path) -> AsyncIterator[Server]:
    """Serve with small limits; nothing was counted yet."""
    limits = {
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path / 'limits.db'}",
        "TENFOLD_CORE__DATA": str(tmp_path),
        "TENFOLD_CORE__LIMIT_READ": f"{READ}/hour",
        "TENFOLD_CORE__LIMIT_WRITE": f"{WRITE}/hour",
        "TENFOLD_CORE__LIMIT_ANONYMOUS": f"{STRANGER}/hour",
    }
    async with serving({**tenfold_environment, **limits}) as server:
        yield server


@pytest.fixture
async def visitor(limited: Server) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client that is nobody."""
    async with httpx.AsyncClient(timeout=60, base_url=limited.url) as client:
        yield client


async def signed_in(server: Server, name: str) -> dict[str, str]:
    """Make a user; return the headers that say who it is."""
    _, token = await sign_up(server, f"{name}{id(server)}")
    return {"authorization": f"Bearer {token}"}


async def statuses(client: httpx.AsyncClient, times: int, path: str, **more: Any) -> list[int]:
    """Ask so often, one after the other."""
    return [(await client.get(path, **more)).status_code for _ in range(times)]


async def test_a_user_may_read_so_often_and_write_so_often(
    limited: Server, visitor: httpx.AsyncClient
) -> None:
    ada, grace = [await signed_in(limited, name) for name in ("ada", "grace")]
    assert await statuses(visitor, READ + 2, ME, headers=ada) == [200] * READ + [429] * 2
    for number in range(WRITE + 1):
        answer = await visitor.post(TASKS, json={"title": "milk"}, headers=ada)
        assert answer.status_code == (201 if number < WRITE else 429)
    assert await statuses(visitor, READ, ME, headers=grace) == [200] * READ


async def test_who_was_told_to_wait_is_counted(visitor: httpx.AsyncClient) -> None:
    kind = (("limit", "anonymous"),)
    before = limiter.limited.values.get(kind, 0)
    found = await statuses(visitor, STRANGER + 2, "/nothing")
    assert found == [404] * STRANGER + [429] * 2
    assert limiter.limited.values[kind] == before + 2


async def test_the_refusal_says_when_to_come_again(visitor: httpx.AsyncClient) -> None:
    await statuses(visitor, STRANGER, TASKS)
    answer = await visitor.get(TASKS)
    problem = problem_of(answer, 429)
    assert problem["code"] == "too_many_requests"
    seconds = int(answer.headers["retry-after"])
    assert 0 < seconds <= 7200
    assert answer.headers["ratelimit-policy"] == f'"anonymous";q={STRANGER};w=3600'
    assert answer.headers["ratelimit"] == f'"anonymous";r=0;t={seconds}'


@pytest.mark.parametrize(
    ("path", "token"),
    [("/api/v1/nowhere", ""), (TASKS, ""), (TASKS, "Bearer no.such.token"), ("/api/v1", "wrong")],
)
async def test_guessing_addresses_and_tokens_is_limited(
    visitor: httpx.AsyncClient, path: str, token: str
) -> None:
    headers = {"authorization": token} if token else {}
    if path == "/api/v1":
        path = "/api/v1/auth/me"
    answers = await statuses(visitor, STRANGER + 2, path, headers=headers)
    assert 429 not in answers[:STRANGER]
    assert answers[STRANGER:] == [429, 429]


async def test_a_forged_address_evades_nothing(visitor: httpx.AsyncClient) -> None:
    forged = [
        {"x-forwarded-for": f"198.51.100.{number}", "forwarded": f"for=198.51.100.{number}"}
        for number in range(STRANGER + 2)
    ]
    answers = [(await visitor.get(TASKS, headers=each)).status_code for each in forged]
    assert answers[-2:] == [429, 429]


async def test_health_and_pages_are_not_limited(visitor: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/", "/openapi.json"):
        assert set(await statuses(visitor, STRANGER + 3, path)) == {200}


async def test_many_at_once_get_no_more_than_is_allowed(
    limited: Server, visitor: httpx.AsyncClient
) -> None:
    ada = await signed_in(limited, "ada")
    answers = await asyncio.gather(*(visitor.get(ME, headers=ada) for _ in range(40)))
    assert sorted(each.status_code for each in answers) == [200] * READ + [429] * (40 - READ)


async def test_a_route_may_have_a_limit_of_its_own(limited: Server) -> None:
    blueprint = Blueprint("seldom", url_prefix="/api/v1/seldom")

    @blueprint.get("/")
    @endpoint(None, limit="2/minute")
    async def seldom() -> Out:
        """Say hello, seldom."""
        return Out()

    limited.app.router.reset()  # type: ignore[no-untyped-call]
    limited.app.blueprint(blueprint)
    limited.app.router.finalize()
    for route in limited.app.router.routes:
        route.extra.request_middleware = route.extra.response_middleware = ()
    async with httpx.AsyncClient(timeout=60, base_url=limited.url) as client:
        assert await statuses(client, 3, "/api/v1/seldom/") == [200, 200, 429]
        assert (await client.get("/api/v1/auth/me")).status_code == 401, "only that route"
        document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/api/v1/seldom"]["get"]
    assert "At most 2 in a minute." in operation["description"]
    assert "429" in operation["responses"]


def test_an_ipv6_network_counts_as_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1")
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8:0:2::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")


async def test_limits_can_be_switched_off(
    tenfold_environment: dict[str, str], tmp_path: Path
) -> None:
    off = {
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path / 'limits.db'}",
        "TENFOLD_CORE__DATA": str(tmp_path),
        "TENFOLD_CORE__LIMIT_ANONYMOUS": "off",
    }
    environment = {**tenfold_environment, **off}
    async with (
        serving(environment) as server,
        httpx.AsyncClient(timeout=60, base_url=server.url) as client,
    ):
        assert set(await statuses(client, 30, TASKS)) == {401}


@pytest.mark.parametrize("text", ["often", "0/minute", "-1/minute", "5/fortnight", "5/0 minute"])
async def test_a_limit_that_says_nothing_is_refused_at_the_start(
    tenfold_environment: dict[str, str], text: str
) -> None:
    with pytest.raises(PluginError) as refused:
        async with serving({**tenfold_environment, "TENFOLD_CORE__LIMIT_READ": text}):
            pass
    assert "core.limit_read" in str(refused.value)


@pytest.mark.parametrize("text", ["often", "0/minute"])
def test_a_route_with_a_limit_that_says_nothing_cannot_be_written(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 600/minute"):
        rule_of("route", text)
