"""Slow clients, however many: everybody else is served meanwhile, and they are ended in time."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.campaign.conftest import FULL, Figures
from tests.campaign.deployment import ROOT, TASKS, Deployment

SLOW, SECONDS, HEAD_SECONDS = (4000, 60.0, 10.0) if FULL else (200, 5.0, 3.0)
CONNECTIONS = 1000 if FULL else 100
"""A worker may hold so many: fewer than there are slow clients."""
DROP, AGAIN = (2.0, 5.0) if FULL else (0.5, 1.0)
"""Seconds between two bytes of a slow client, and until one that was refused tries again."""
ATTACKERS = "127.0.0.2"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Deployment]:
    """Return a server that gives a head so many seconds, and holds so many connections."""
    deployment = Deployment(f"sqlite:///{tmp_path / 'slow.db'}", tmp_path)
    deployment.settings["TENFOLD_CORE__HEAD_SECONDS"] = str(HEAD_SECONDS)
    deployment.settings["TENFOLD_CORE__MAX_CONNECTIONS"] = str(CONNECTIONS)
    try:
        await deployment.start()
        yield deployment
    finally:
        deployment.kill()


@pytest.fixture(autouse=True)
def many_files() -> None:
    """Let this process have a connection for each slow client."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, SLOW + 500)), hard))


async def crawl(deployment: Deployment, number: int, until: float, lasted: list[float]) -> None:
    """Send a head, or a body, byte by byte, again and again; note how long each was borne."""
    while time.monotonic() < until:
        began = time.monotonic()
        with suppress(OSError):
            await _one(deployment, number)
        lasted.append(time.monotonic() - began)
        await asyncio.sleep(0.05 if lasted[-1] > 1 else AGAIN)


async def _one(deployment: Deployment, number: int) -> None:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", deployment.port, local_addr=(ATTACKERS, 0)
    )
    head = f"POST {TASKS} HTTP/1.1\r\nHost: a\r\n"
    body = f"{head}Authorization: Bearer {deployment.token}\r\nContent-Length: 9000\r\n\r\n"
    writer.write((body if number % 2 else head).encode())
    try:
        ended = asyncio.ensure_future(reader.read())
        while not ended.done():
            writer.write(b"a")
            await asyncio.wait([ended], timeout=DROP)
        ended.exception()
    finally:
        writer.close()


async def honest(deployment: Deployment, seconds: float) -> tuple[dict[str, int], float]:
    """Let somebody honest ask; return the statuses and the longest wait."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.campaign.visitor", f"{deployment.url}{TASKS}", deployment.token),
        str(seconds),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    seen = json.loads(told)
    return seen["statuses"], seen["longest"]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_slow_clients_keep_nobody_out(
    served: Deployment, kind: str, figures: Figures
) -> None:
    until, lasted = time.monotonic() + SECONDS, list[float]()
    crawling = [asyncio.create_task(crawl(served, each, until, lasted)) for each in range(SLOW)]
    await asyncio.sleep(0.5)
    statuses, longest = await honest(served, SECONDS - 1)
    await asyncio.gather(*crawling)
    figures(
        f"slow clients: {SLOW} at once, {len(lasted)} ended, the last after {max(lasted):.1f} s; "
        f"honest: {statuses}, longest {longest * 1000:.0f} ms"
    )
    assert set(statuses) == {"200"}
    assert max(lasted) < HEAD_SECONDS + (1.5 if FULL else 10), "and not for ever"
