"""Limits under attack, over two workers; and what the log says about it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.campaign.conftest import FULL, Figures
from tests.campaign.deployment import Deployment

REQUESTS = 20_000 if FULL else 2_000
LIMIT = 100
CLIENTS = 40
ME = "/api/v1/auth/me"


@pytest.fixture
async def limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[Deployment]:
    """Return a server whose limits are small."""

    class Limited(Deployment):
        def _environment(self) -> dict[str, str]:
            limit = {"TENFOLD_CORE__LIMIT_ANONYMOUS": f"{LIMIT}/hour"}
            return super()._environment() | limit | {"TENFOLD_ENABLED": ""}

    deployment = Limited(f"sqlite:///{tmp_path / 'limits.db'}", tmp_path)
    try:
        await deployment.start()
        yield deployment
    finally:
        deployment.kill()


async def hammer(url: str, secret: str) -> Counter[int]:
    """Ask from one address with many forged ones, and guessed tokens; count the answers."""
    statuses: Counter[int] = Counter()

    async def client(number: int) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            for turn in range(REQUESTS // CLIENTS):
                forged = f"203.0.{number}.{turn % 250}"
                headers = {
                    "x-forwarded-for": forged,
                    "forwarded": f"for={forged}",
                    "x-real-ip": forged,
                    "authorization": f"Bearer {secret}{turn}",
                }
                path = ME if turn % 2 else f"/nowhere/{secret}{turn}?token={secret}"
                statuses[(await client.get(path, headers=headers)).status_code] += 1

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return statuses


async def logged(file: Path) -> tuple[str, list[str]]:
    """Return the log and its lines about requests, once each request has one or at the end."""
    for _ in range(120):
        await asyncio.sleep(0.5)
        log = file.read_text()  # noqa: ASYNC240
        lines = [line for line in log.splitlines() if " access: " in line]
        if len(lines) >= REQUESTS:
            break
    return log, lines


@pytest.mark.parametrize("database", ["sqlite"])
async def test_limits_are_not_evaded_and_the_log_keeps_secrets(
    limited: Deployment, figures: Figures, tmp_path: Path, database: str
) -> None:
    secret = secrets.token_urlsafe(24) + "aB1"
    began = time.monotonic()
    statuses = await hammer(limited.url, secret)
    seconds = time.monotonic() - began
    passed = statuses[401] + statuses[404]
    log, lines = await logged(tmp_path / "server.log")
    figures(
        f"{REQUESTS} requests of one address with forged others in {seconds:.1f} s over 2 workers: "
        f"{passed} passed of {LIMIT} allowed, {statuses[429]} were told to wait"
    )
    figures(f"{len(lines)} lines about them, {log.count(secret)} secrets in the log")
    assert set(statuses) <= {401, 404, 429}
    # What registering and starting up asked is counted too; a window may begin meanwhile.
    assert LIMIT - 20 <= passed <= LIMIT + 3
    assert secret not in log
    assert len(lines) >= REQUESTS
