"""Clients that send a request and go away harm nobody and leave nothing behind."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter

from tests.campaign.conftest import FULL, Figures
from tests.campaign.database import connections, sound
from tests.campaign.deployment import TASKS, WORKERS, Deployment
from tests.campaign.test_worker_kills import complete

ABORTED, SECONDS = (5000, 60.0) if FULL else (300, 3.0)
HONEST = 300 if FULL else 60
POOL, PROCESSES = 8, WORKERS + 1
"""Each web worker keeps connections, and so does the runner."""
LATE = 2 * PROCESSES
"""Threads that may begin late: one that writes the log of a process, and one its figures."""


async def abort(deployment: Deployment, number: int) -> None:
    """Send a POST, or every fifth time a GET, and close the socket at once, or a moment later."""
    method, body = ("GET", b"") if number % 5 == 0 else ("POST", b'{"title": "aborted"}')
    head = (
        f"{method} {TASKS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {deployment.token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection("127.0.0.1", deployment.port)
    writer.write(head.encode() + body)
    await asyncio.sleep(0 if number % 3 else random.random() * 0.008)
    writer.transport.abort() if number % 2 else writer.close()


async def honest(deployment: Deployment, count: int) -> Counter[int]:
    """Write and read as people do; return the statuses."""
    statuses: Counter[int] = Counter()
    async with deployment.client() as client:
        for number in range(count // 2):
            statuses[(await deployment.add(client, f"honest {number}")).status_code] += 1
            statuses[(await client.get(TASKS)).status_code] += 1
    return statuses


async def warmed(deployment: Deployment) -> int:
    """Return how many threads there are, once what runs now and then has begun to."""
    found, since = deployment.threads(), time.monotonic()
    while time.monotonic() < since + 1.5:
        await asyncio.sleep(0.1)
        if (now := deployment.threads()) != found:
            found, since = now, time.monotonic()
    return found


async def settled(deployment: Deployment, threads: int) -> tuple[int, dict[str, int]]:
    """Return how many threads and connections there are, once nobody works or at the end."""
    for _ in range(300):
        await asyncio.sleep(0.1)
        found, used = deployment.threads(), await connections(deployment.database)
        if found <= threads and set(used) <= {"idle"}:
            break
    return found, used


async def let_go(database: str) -> dict[str, int]:
    """Return the connections that are left; the server takes a moment to let them go."""
    for _ in range(300):
        if not (left := await connections(database)):
            break
        await asyncio.sleep(0.1)
    return left


async def attack(deployment: Deployment) -> None:
    """Abort requests, evenly over the time there is."""
    began = time.monotonic()
    running: set[asyncio.Task[None]] = set()
    for number in range(ABORTED):
        task = asyncio.create_task(abort(deployment, number))
        running.add(task)
        task.add_done_callback(running.discard)
        ahead = number * SECONDS / ABORTED - (time.monotonic() - began)
        await asyncio.sleep(max(0, ahead))
    await asyncio.gather(*running)


async def test_aborted_requests_harm_nobody_and_leave_nothing_behind(
    deployment: Deployment, figures: Figures
) -> None:
    await complete(deployment)
    warm = sum([await honest(deployment, 40) for _ in range(3)], Counter[int]())
    before = await warmed(deployment)
    began = time.monotonic()
    _, meanwhile = await asyncio.gather(attack(deployment), honest(deployment, HONEST))
    seconds = time.monotonic() - began
    afterwards = await honest(deployment, HONEST)
    threads, open_now = await settled(deployment, before + LATE)
    stopped = await deployment.stop()
    left = await let_go(deployment.database)
    figures(
        f"{ABORTED} aborted in {seconds:.0f} s; honest meanwhile {dict(meanwhile)}, afterwards "
        f"{dict(afterwards)}; threads {before} -> {threads}; connections {open_now or '-'}, "
        f"after the stop {left or 0}; stopped in {stopped:.1f} s"
    )
    assert set(warm) | set(meanwhile) | set(afterwards) == {200, 201}, deployment.log()
    assert threads <= before + LATE
    assert set(open_now) <= {"idle"}
    assert sum(open_now.values()) <= POOL * PROCESSES
    assert stopped < 10
    assert left == {}
    assert await sound(deployment.database)
