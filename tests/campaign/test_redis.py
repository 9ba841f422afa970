"""Redis goes away, hangs and is emptied: nobody sees an error, and nothing old comes back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from core.testing import DATABASES
from tests.campaign.conftest import FULL, Figures, on
from tests.campaign.deployment import WORKERS, Deployment
from tests.campaign.test_visits import seen_everywhere
from tests.campaign.visiting import Seen, add, percentile, visit
from tests.core.redis_server import RedisServer, redis_server

__all__ = ["redis_server"]

EACH = 20_000 if FULL else 1500
MARGIN = 50 if FULL else 150
"""Milliseconds that may be added at p99; the quick profile shares its machine with others."""
CASES = [
    (harm, kind)
    for harm, kinds in {"kill": DATABASES, "freeze": ("postgres",), "flush": ("sqlite",)}.items()
    for kind in (DATABASES if FULL else kinds)
]


async def fresh(deployment: Deployment, count: int) -> list[Seen]:
    """Follow links that no worker has in memory, so that Redis is asked for each."""
    codes = [(await add(deployment))["code"] for _ in range(count)]
    answers = await asyncio.gather(*(visit(deployment, code, 2, 1) for code in codes))
    return [seen for some in answers for seen in some]


async def until_it_answers(deployment: Deployment, harm: str) -> None:
    """Wait until both workers have found Redis again, which they look for every five seconds."""
    async with asyncio.timeout(60):
        while harm != "flush" and deployment.log().count("answers again") < WORKERS:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.fixture
async def cached(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer
) -> AsyncIterator[Deployment]:
    """Return a server that caches in Redis."""
    async for started in on(request.param, tmp_path, TENFOLD_CORE__CACHE=redis_server.url):
        yield started


@pytest.mark.parametrize(("harm", "cached"), CASES, indirect=["cached"])
async def test_without_redis_all_goes_on(
    harm: str, cached: Deployment, redis_server: RedisServer, figures: Figures
) -> None:
    link = await add(cached)
    well = await visit(cached, link["code"], EACH, 8) + await fresh(cached, 20)
    harms: dict[str, Callable[[], Any]] = {
        "kill": redis_server.kill,
        "freeze": redis_server.freeze,
        "flush": redis_server.flush,
    }
    harms[harm]()
    before, ill = percentile(well, 99), list[Seen]()
    for _ in range(1 if FULL else 3):  # a busy machine may add as much by itself
        seen = await fresh(cached, 20) + await visit(cached, link["code"], EACH, 8)
        ill += seen
        if (added := percentile(seen, 99) - before) <= MARGIN:
            break
    old = await seen_everywhere(
        cached, link, {"target": "https://example.com/new"}, (302, "https://example.com/new")
    )
    mended = {"kill": redis_server.start, "freeze": redis_server.thaw, "flush": redis_server.flush}
    mended[harm]()
    await until_it_answers(cached, harm)
    back = await visit(cached, link["code"], 200, 8)
    statuses = Counter(each.status for each in ill)
    figures(
        f"Redis {harm}: {dict(statuses)}, p99 {before:.0f} -> {before + added:.0f} ms; "
        f"an edit meanwhile was seen after {old:.2f} s"
    )
    assert set(statuses) == {302}, cached.log()
    assert added <= MARGIN
    assert old <= 1
    assert {(each.status, each.location) for each in back} == {(302, "https://example.com/new")}
