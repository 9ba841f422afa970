"""What is sent again with the same Idempotency-Key happens once, also when workers are killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter

import httpx

from tests.campaign.conftest import FULL, Figures
from tests.campaign.database import titles
from tests.campaign.deployment import TASKS, Deployment
from tests.campaign.test_worker_kills import answers

THINGS, KILLS = (1000, 20) if FULL else (80, 3)
COPIES = 5
AT_ONCE = 8
AGAIN = {409, 503}


class Sender:
    """Sends each thing several times at once, and each copy until it is answered."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.statuses: Counter[int | str] = Counter()
        self.differing: list[str] = []
        self.done = 0

    async def create(self, client: httpx.AsyncClient, title: str) -> None:
        """Have a thing created, and compare what each copy is told."""
        async with self._turns:
            copies = random.randint(1, COPIES)
            told = await asyncio.gather(*(self._copy(client, title) for _ in range(copies)))
        if len(set(told)) != 1:
            self.differing.append(f"{title}: {set(told)}")
        self.done += 1

    async def _copy(self, client: httpx.AsyncClient, title: str) -> tuple[str, str]:
        while True:
            try:
                answer = await client.post(
                    TASKS, json={"title": title}, headers={"idempotency-key": title}
                )
            except httpx.TransportError:
                self.statuses["failed"] += 1
                continue
            self.statuses[answer.status_code] += 1
            if answer.status_code not in AGAIN:
                return answer.text, answer.headers.get("location", "")
            await asyncio.sleep(0.05)


async def kill(deployment: Deployment, sender: Sender) -> None:
    """Kill a worker again and again, evenly over the work."""
    for number in range(1, KILLS + 1):
        while sender.done < number * THINGS // (KILLS + 1):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        os.kill(random.choice(deployment.workers()), signal.SIGKILL)
        await answers(deployment)


async def test_each_thing_happens_once_however_often_it_is_sent(
    deployment: Deployment, figures: Figures
) -> None:
    sender = Sender(deployment)
    killing = asyncio.create_task(kill(deployment, sender))
    async with deployment.client() as client:
        async with asyncio.timeout(600 if FULL else 240):
            names = [f"thing-{number}" for number in range(THINGS)]
            await asyncio.gather(*(sender.create(client, name) for name in names))
        await killing
    kept = Counter(await titles(deployment.database))
    figures(
        f"{THINGS} things sent up to {COPIES} times, {KILLS} x kill -9 of a worker: "
        f"{dict(sender.statuses)}, {len(kept)} there, {kept.total() - len(kept)} twice, "
        f"{len(sender.differing)} told differently"
    )
    assert not sender.differing, sender.differing[:3]
    assert kept == Counter(names)
    assert sender.statuses.keys() <= {201, *AGAIN, "failed"}, deployment.log()
