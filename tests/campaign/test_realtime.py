"""A thousand sockets on two workers: everything arrives, in order, soon; also across restarts."""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from itertools import count, islice, takewhile
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from core.testing import missing, postgres_server, scratch_postgres
from tests.campaign.conftest import FULL, Figures
from tests.campaign.deployment import ROOT, Deployment
from tests.campaign.test_rolling_restart import restarted
from tests.core.redis_server import own_redis

SOCKETS = 1000 if FULL else 100
MESSAGES = 200 if FULL else 40
KINDS = ("sqlite", "postgres", "redis")
ROOM = "rooms.room:campaign"
TALK = "/api/v1/rooms/campaign"
TICK = os.sysconf("SC_CLK_TCK")


class Rooms(Deployment):
    """A server with rooms, by default without limits that a thousand sockets of one user meet."""

    cache = "memory://"

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {
            "PYTHONPATH": str(ROOT),
            "TENFOLD_ENABLED": "todo,tests.core.realtime.rooms",
            "TENFOLD_REALTIME__CONNECTIONS": "5000",
            "TENFOLD_REALTIME__BURST": "1000000",
            "TENFOLD_CORE__CACHE": self.cache,
            "TENFOLD_CORE__MAX_CONNECTIONS_PER_ADDRESS": "1000",
            "TENFOLD_CORE__LIMIT_READ": "off",
            "TENFOLD_CORE__LIMIT_WRITE": "off",
            "TENFOLD_CORE__LIMIT_ANONYMOUS": "off",
        }

    def cpu(self) -> float:
        """Return the seconds of CPU that the server has used."""
        total = 0
        for id in self.processes():
            fields = Path(f"/proc/{id}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK


@pytest.fixture(params=KINDS, scope="module")
async def rooms(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Rooms]:
    """Return a server with rooms on each kind of bus."""
    tmp_path = tmp_path_factory.mktemp("rooms")
    database = f"sqlite:///{tmp_path / 'campaign.db'}"
    if request.param == "redis":
        with own_redis(tmp_path) as redis:
            async for started in _started(database, tmp_path, redis.url):
                yield started
        return
    if request.param == "sqlite":
        async for started in _started(database, tmp_path):
            yield started
        return
    try:
        async with scratch_postgres() as url:
            async for started in _started(url, tmp_path):
                yield started
    except OSError as error:
        missing("postgres", f"nothing answers at {postgres_server()} ({error})")


@asynccontextmanager
async def other(rooms: Rooms) -> AsyncIterator[Rooms]:
    """Return another server on the same bus, with one worker for all sockets.

    In the quick profile it is the same one, whose workers share the sockets.
    """
    if not FULL:
        yield rooms
        return
    there = Rooms(rooms.database, rooms._folder)
    there.cache, there.token = rooms.cache, rooms.token
    there.options = ["--workers", "1", "--no-runner"]
    try:
        await there.start()
        yield there
    finally:
        there.kill()


async def _started(url: str, folder: Path, cache: str = "memory://") -> AsyncIterator[Rooms]:
    deployment = Rooms(url, folder)
    deployment.cache = cache
    try:
        await deployment.start()
        yield deployment
    finally:
        deployment.kill()


class Listener:
    """A client that follows the room, comes back when it is cut off, and keeps what it gets."""

    def __init__(self, deployment: Rooms) -> None:
        self._deployment = deployment
        self._since: str | None = None
        self._socket: ClientConnection | None = None
        self.ready = asyncio.Event()
        self.numbers: list[int] = []
        self.gaps = self.returns = 0

    async def run(self) -> None:
        url = f"ws://127.0.0.1:{self._deployment.port}/api/v1/realtime/ws"
        headers = {"authorization": f"Bearer {self._deployment.token}"}
        while True:
            with suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError, EOFError):
                async with connect(url, additional_headers=headers, ping_interval=None) as raw:
                    self._socket = raw
                    await self._follow(raw)
            self.returns += 1
            await asyncio.sleep(0.1 + random.random() * 0.4)

    async def _follow(self, raw: ClientConnection) -> None:
        said: dict[str, Any] = {"type": "subscribe", "channels": [ROOM]}
        await raw.send(json.dumps(said | ({"since": self._since} if self._since else {})))
        async for text in raw:
            message = json.loads(text)
            if message["type"] == "message":
                self._since = message["id"]
                self.numbers.append(message["data"]["n"])
            elif message["type"] == "subscribed":
                self._since = self._since or message["id"]
                self.ready.set()
            elif message["type"] == "gap":
                self.gaps += 1

    def cut(self) -> None:
        """End the connection as a cable that is pulled does."""
        if self._socket is not None:
            self._socket.transport.abort()


async def talk(deployment: Rooms, numbers: Iterable[int], pause: float) -> list[int]:
    """Say each number until it is acknowledged; return those that were, in their order."""
    said: list[int] = []
    async with deployment.client() as client:
        for number in numbers:
            body = {"first": number, "text": str(time.time())}
            with suppress(Exception):
                if (await client.post(TALK, json=body)).status_code == 204:
                    said.append(number)
            await asyncio.sleep(pause)
    return said


async def all_heard(listeners: list[Listener], last: int, seconds: float) -> None:
    """Wait until everybody has heard ``last``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if all(each.numbers and each.numbers[-1] >= last for each in listeners):
            return
        await asyncio.sleep(0.05)


def listening(deployment: Rooms, count: int) -> tuple[list[Listener], list[asyncio.Task[None]]]:
    listeners = [Listener(deployment) for _ in range(count)]
    return listeners, [asyncio.create_task(each.run()) for each in listeners]


async def test_what_is_said_on_one_worker_reaches_all(rooms: Rooms, figures: Figures) -> None:
    async with other(rooms) as there:
        said, heard, cpu = await said_and_heard(rooms, there)
    delays = sorted(delay for each in heard for _, delay in each)
    p50, p99 = statistics.median(delays), delays[-1 - len(delays) // 100]
    figures(
        f"{SOCKETS} sockets, {MESSAGES} messages: {len(delays)} deliveries, p50 "
        f"{p50:.0f} ms, p99 {p99:.0f} ms, longest {delays[-1]:.0f} ms "
        f"from before the POST; {cpu / len(delays) * 1e6:.0f} us of server CPU each, all included"
    )
    assert said == list(range(MESSAGES))
    assert len(heard) == SOCKETS
    assert all([number for number, _ in each] == said for each in heard), rooms.log()
    assert p99 < 200 if FULL else p50 < 1000


async def said_and_heard(rooms: Rooms, there: Rooms) -> tuple[list[int], list[Any], float]:
    """Return what was said on ``rooms``, what each socket ``there`` heard, and the CPU of both."""
    servers = {rooms, there}
    ears = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.campaign.ears"),
        *(str(there.port), there.token, ROOM, str(SOCKETS)),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=2**26,
    )
    assert ears.stdout
    try:
        async with asyncio.timeout(60):
            assert await ears.stdout.readline() == b"ready\n"
        cpu = sum(each.cpu() for each in servers)
        said = await talk(rooms, range(MESSAGES), 0.05)
        cpu = sum(each.cpu() for each in servers) - cpu
        printed, _ = await asyncio.wait_for(ears.communicate(b"%d" % len(said)), 120)
    finally:
        with suppress(ProcessLookupError):
            ears.kill()
    return said, [json.loads(line) for line in printed.splitlines()], cpu


async def test_nothing_acknowledged_is_lost_when_sockets_and_workers_end(
    rooms: Rooms, figures: Figures
) -> None:
    listeners, tasks = listening(rooms, SOCKETS)
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(each.ready.wait() for each in listeners))
        numbers, over = count(), asyncio.Event()
        talking = asyncio.create_task(
            talk(rooms, takewhile(lambda _: not over.is_set(), numbers), 0.05)
        )
        await asyncio.sleep(0.5)
        for each in random.sample(listeners, SOCKETS // 10):
            each.cut()
        await (restarted(rooms) if FULL else asyncio.sleep(0.5))
        stopped = await rooms.stop()
        await rooms.start()
        over.set()
        said = await talking
        said += await talk(rooms, islice(numbers, 1), 0)
        await all_heard(listeners, said[-1], 60)
    finally:
        for task in tasks:
            task.cancel()
    lost = [number for each in listeners for number in set(said) - set(each.numbers)]
    disorder = sum(each.numbers != sorted(set(each.numbers)) for each in listeners)
    figures(
        f"{SOCKETS} sockets, a tenth cut, {'a rolling restart, ' * FULL}a restart (stopped in "
        f"{stopped:.1f} s): {len(said)} acknowledged, {len(lost)} lost, {disorder} out of order, "
        f"{sum(each.gaps for each in listeners)} gaps, "
        f"{sum(each.returns for each in listeners)} returns"
    )
    assert not lost, rooms.log()
    assert disorder == 0
    assert sum(each.gaps for each in listeners) == 0
    assert stopped < 10
