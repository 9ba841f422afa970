"""Every process is killed in the middle of writes: what was acknowledged is there."""

from __future__ import annotations

import asyncio
import random
import time

import httpx

from tests.campaign.conftest import FULL, Figures
from tests.campaign.database import sound, titles
from tests.campaign.deployment import Deployment

KILLS = 20 if FULL else 2
WRITERS = 12


async def write_until_dead(deployment: Deployment, name: str, acknowledged: list[str]) -> None:
    """Add tasks until the connection breaks, and remember those that were acknowledged."""
    async with deployment.client() as client:
        for number in range(100_000):
            try:
                answer = await deployment.add(client, f"{name} {number}")
            except httpx.TransportError:
                return
            assert answer.status_code == 201, answer.text
            acknowledged.append(f"{name} {number}")


async def under_way(acknowledged: list[str]) -> None:
    """Wait until writes of this turn are acknowledged, so that there is something to lose."""
    before = len(acknowledged)
    async with asyncio.timeout(60):
        while len(acknowledged) < before + WRITERS:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_nothing_acknowledged_is_lost_when_all_is_killed(
    deployment: Deployment, figures: Figures
) -> None:
    acknowledged: list[str] = []
    starts: list[float] = []
    for turn in range(KILLS):
        if turn:
            starts.append(await deployment.start())
        writing = [
            asyncio.create_task(write_until_dead(deployment, f"{turn} {writer}", acknowledged))
            for writer in range(WRITERS)
        ]
        await under_way(acknowledged)
        await asyncio.sleep(random.random() * 0.8)
        deployment.kill()
        await asyncio.gather(*writing)
        kept = await titles(deployment.database)
        assert set(acknowledged) <= set(kept)
        assert await sound(deployment.database)
    began = time.monotonic()
    await deployment.start()
    async with deployment.client() as client:
        assert (await deployment.add(client, "afterwards")).status_code == 201
    kept = await titles(deployment.database)
    figures(
        f"{KILLS} x kill -9 during {len(acknowledged)} acknowledged writes: "
        f"{len(set(acknowledged) - set(kept))} lost, {len(kept) - len(set(kept))} doubled; "
        f"serving again in {max([*starts, time.monotonic() - began]):.1f} s at most"
    )
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))
