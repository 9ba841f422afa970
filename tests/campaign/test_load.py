"""Many clients write at once: no request fails."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from tests.campaign.conftest import FULL, Figures
from tests.campaign.database import sound, titles
from tests.campaign.deployment import Deployment

CLIENTS = 40
EACH = 250 if FULL else 10


async def test_forty_clients_create_tasks_at_once_and_none_fails(
    deployment: Deployment, figures: Figures
) -> None:
    statuses: Counter[int] = Counter()
    times: list[float] = []

    async def create(name: int) -> None:
        async with deployment.client() as client:
            for number in range(EACH):
                began = time.perf_counter()
                answer = await deployment.add(client, f"{name} {number}")
                times.append(time.perf_counter() - began)
                statuses[answer.status_code] += 1

    began = time.perf_counter()
    await asyncio.gather(*map(create, range(CLIENTS)))
    seconds = time.perf_counter() - began
    times.sort()
    figures(
        f"{CLIENTS} clients, {CLIENTS * EACH} tasks in {seconds:.1f} s: {dict(statuses)}, "
        f"p50 {times[len(times) // 2] * 1000:.0f} ms, p99 {times[-len(times) // 100] * 1000:.0f} ms"
    )
    assert statuses == {201: CLIENTS * EACH}, deployment.log()
    assert len(set(await titles(deployment.database))) == CLIENTS * EACH
    assert await sound(deployment.database)
