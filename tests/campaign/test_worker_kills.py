"""Processes that die or hang are replaced, and nothing of a server outlives its main process."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from tests.campaign.conftest import FULL, Figures
from tests.campaign.deployment import TASKS, WORKERS, Deployment

KILLS = 20 if FULL else 2
FAILED = "failed"
PAUSE = 0 if FULL else 0.01
"""Seconds between two requests of a client: what they ask is not to take what starting needs."""


@asynccontextmanager
async def asking(deployment: Deployment, clients: int = 1) -> AsyncIterator[Counter[int | str]]:
    """Let clients read and write in turn, each one request at a time; count how it ends."""
    statuses: Counter[int | str] = Counter()

    async def ask(number: int) -> None:
        async with deployment.client() as client:
            while True:
                try:
                    answer = await (
                        client.get(TASKS) if number % 2 else deployment.add(client, "asking")
                    )
                    statuses[answer.status_code] += 1
                except httpx.TransportError:
                    statuses[FAILED] += 1
                number += 1
                await asyncio.sleep(PAUSE)

    tasks = [asyncio.create_task(ask(number)) for number in range(clients)]
    try:
        yield statuses
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def until(what: Callable[[], bool], limit: float = 60) -> float:
    """Wait until it is true; return the seconds it took."""
    began = time.monotonic()
    async with asyncio.timeout(limit):
        while not what():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return time.monotonic() - began


async def ready(deployment: Deployment) -> list[int]:
    """Wait until each worker serves, and return them."""
    await until(lambda: sum(map(serves, deployment.workers())) == WORKERS)
    return deployment.workers()


async def complete(deployment: Deployment) -> list[int]:
    """Wait until each worker serves and the task runner works; return all processes."""
    await ready(deployment)
    await until(lambda: any(map(works, deployment.workers("task runner"))))
    return deployment.processes()


def works(runner: int) -> bool:
    """Tell whether a task runner has begun: from then on it ends in good order."""
    return hears(runner, signal.SIGTERM)


def serves(worker: int) -> bool:
    """Tell whether a worker has begun: it hears then that the server is about to stop.

    It sleeps between two requests; awake it may not have told the main process yet.
    """
    return hears(worker, signal.SIGUSR1) and _of(worker, "State").startswith("S")


def hears(process: int, number: signal.Signals) -> bool:
    """Tell whether a process has a handler for a signal."""
    return bool(int(_of(process, "SigCgt") or "0", 16) >> number - 1 & 1)


def _of(process: int, name: str) -> str:
    """Return what the system tells of a process under a name."""
    with suppress(OSError):
        status = Path(f"/proc/{process}/status").read_text()
        return status.partition(f"\n{name}:")[2].partition("\n")[0].strip()
    return ""


async def answers(deployment: Deployment) -> float:
    """Wait until a new client is answered; return the seconds it took."""
    began = time.monotonic()
    async with httpx.AsyncClient(base_url=deployment.url, timeout=10) as client:
        while True:
            with suppress(httpx.TransportError):
                (await client.get("/health/live")).raise_for_status()
                return time.monotonic() - began


async def replaced(deployment: Deployment) -> float:
    """Kill a worker; return the seconds until there are as many as before."""
    killed = deployment.workers()[0]
    os.kill(killed, signal.SIGKILL)
    return await until(lambda: len({*deployment.workers()} - {killed}) == WORKERS)


async def test_a_killed_worker_is_replaced_and_at_most_its_request_fails(
    deployment: Deployment, figures: Figures
) -> None:
    slowest = 0.0
    async with asking(deployment) as statuses:
        for _ in range(KILLS):
            slowest = max(slowest, await replaced(deployment))
            await answers(deployment)
            await asyncio.sleep(0.5)
    figures(f"{KILLS} x kill -9 of a worker: replaced in {slowest:.2f} s at most; {dict(statuses)}")
    assert slowest < 3
    assert statuses.keys() <= {200, 201, FAILED}, deployment.log()
    assert statuses[FAILED] <= KILLS


async def test_a_worker_that_hangs_is_replaced(lasting: Deployment, figures: Figures) -> None:
    before = await ready(lasting)
    os.kill(before[0], signal.SIGSTOP)
    replaced = await until(lambda: bool({*lasting.workers()} - {*before}))
    gone = replaced + await until(lambda: before[0] not in lasting.workers())
    figures(f"a worker that hangs: replaced in {replaced:.1f} s, gone in {gone:.1f} s")
    assert replaced < (3 if FULL else 10)
    await until(lambda: len(lasting.workers()) == WORKERS)
    await until(lambda: "hangs" in lasting.log())


async def test_when_all_workers_are_killed_it_serves_again(
    lasting: Deployment, figures: Figures
) -> None:
    for worker in await ready(lasting):
        os.kill(worker, signal.SIGKILL)
    seconds = await answers(lasting)
    figures(f"all workers killed: served again in {seconds:.2f} s")
    assert seconds < 5


async def test_nothing_outlives_the_main_process(lasting: Deployment, figures: Figures) -> None:
    await ready(lasting)
    everything = lasting.processes()
    os.kill(lasting.main, signal.SIGKILL)
    seconds = await until(lambda: not lasting.processes())
    figures(f"main killed: {len(everything) - 1} other processes gone in {seconds:.2f} s")
    assert seconds < 5
    await lasting.start()  # nothing keeps the port or the database
