"""How the real server starts, restarts and stops."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.campaign.deployment import TASKS, WORKERS, Deployment
from tests.campaign.test_worker_kills import complete, ready, until

PATIENCE = 60.0
TRIES = 20
IN_FLIGHT = re.compile(r"^tenfold_requests_in_flight\S* (\S+)$", re.MULTILINE)


@pytest.fixture
async def deployment(tmp_path: Path) -> AsyncIterator[Deployment]:
    """Return a server that is not started yet; its plugins.toml is in the test's folder."""
    deployment = Deployment(f"sqlite:///{tmp_path / 'serve.db'}", tmp_path)
    deployment.settings["TENFOLD_CONFIG"] = str(tmp_path / "plugins.toml")
    for patience in ("DATABASE_WAIT", "STOP_SECONDS"):  # what is under way lasts
        deployment.settings[f"TENFOLD_CORE__{patience}"] = str(PATIENCE)
    try:
        yield deployment
    finally:
        deployment.kill()


@contextmanager
def locked(deployment: Deployment) -> Iterator[None]:
    """Let no write through while the block runs."""
    path = deployment.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        yield
        file.execute("ROLLBACK")


@asynccontextmanager
async def under_way(
    deployment: Deployment, client: httpx.AsyncClient
) -> AsyncIterator[asyncio.Task[Any]]:
    """Give a request that waits for its turn to write, for as long as the block runs."""
    async with deployment.client() as asking:
        await in_flight(asking, lambda number: number == 1)  # each worker tells once a second
        with locked(deployment):
            waiting = asyncio.create_task(deployment.add(client, "under way"))
            await in_flight(asking, lambda number: number > 1)
            yield waiting


async def in_flight(asking: httpx.AsyncClient, expected: Callable[[float], bool]) -> None:
    """Wait until as many requests as expected are being answered, with the one that asks."""
    async with asyncio.timeout(PATIENCE):
        while not expected(  # noqa: ASYNC110
            sum(map(float, IN_FLIGHT.findall((await asking.get("/metrics")).text)))
        ):
            await asyncio.sleep(0.05)


async def logged(deployment: Deployment, text: str) -> None:
    """Wait until it stands in the log, which a thread of the server's writes."""
    async with asyncio.timeout(PATIENCE):
        while text not in deployment.log():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def closed(deployment: Deployment) -> None:
    """Wait until nobody new is let in."""
    async with asyncio.timeout(PATIENCE):
        with suppress(httpx.ConnectError):
            while True:
                async with httpx.AsyncClient(timeout=PATIENCE, base_url=deployment.url) as client:
                    with suppress(httpx.ReadError, httpx.RemoteProtocolError):
                        await client.get("/health/live")
                await asyncio.sleep(0.01)


async def test_what_is_under_way_is_answered_when_it_is_told_to_stop(
    deployment: Deployment,
) -> None:
    await deployment.start()
    async with deployment.client() as client:
        async with under_way(deployment, client) as waiting:
            deployment.signal(signal.SIGTERM)
            await closed(deployment)
            assert not waiting.done()
        answer = await waiting
    assert (answer.status_code, answer.headers["connection"]) == (201, "close")
    assert await deployment.code() == 0
    assert deployment.processes() == []


async def test_an_idle_client_may_send_one_more_request(deployment: Deployment) -> None:
    """If it does so within a second, which a busy machine may take away from it."""
    for attempt in range(TRIES):
        await deployment.start()
        async with deployment.client() as client:
            before = await client.get(TASKS)
            deployment.signal(signal.SIGTERM)
            await closed(deployment)
            try:
                after = await client.get(TASKS)
                break
            except httpx.TransportError:
                assert attempt < TRIES - 1, "it was never let in"
                assert await deployment.code() == 0
    assert before.headers["connection"] == "keep-alive"
    assert (after.status_code, after.headers["connection"]) == (200, "close")
    assert await deployment.code() == 0


async def test_it_is_not_ready_and_goes_on_serving_for_drain_seconds(
    deployment: Deployment,
) -> None:
    deployment.settings["TENFOLD_CORE__DRAIN_SECONDS"] = str(PATIENCE)
    await deployment.start()
    deployment.signal(signal.SIGTERM)
    async with deployment.client() as client, asyncio.timeout(PATIENCE):
        while (told := await client.get("/health/ready")).status_code == 200:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert (told.status_code, told.json()["checks"]) == (503, {"server": "is stopping"})
        assert (await client.get("/health/live")).status_code == 200
        assert (await deployment.add(client, "still served")).status_code == 201


async def test_it_ends_after_drain_seconds(deployment: Deployment) -> None:
    deployment.settings["TENFOLD_CORE__DRAIN_SECONDS"] = "1.5"
    await deployment.start()
    began = time.monotonic()
    deployment.signal(signal.SIGTERM)
    assert await deployment.code() == 0
    assert time.monotonic() - began > 1.5


async def test_ctrl_c_ends_it_in_good_order(deployment: Deployment) -> None:
    await deployment.start()
    os.killpg(deployment.main, signal.SIGINT)
    assert await deployment.code() == 0
    assert deployment.processes() == []
    assert "Traceback" not in deployment.log()


async def test_a_second_signal_ends_it_at_once(deployment: Deployment) -> None:
    await deployment.start()
    async with deployment.client() as client, under_way(deployment, client) as waiting:
        deployment.signal(signal.SIGTERM)
        await closed(deployment)
        began = time.monotonic()
        deployment.signal(signal.SIGTERM)
        assert await deployment.code() == 1
        assert time.monotonic() - began < PATIENCE / 4
        with pytest.raises(httpx.TransportError):
            await waiting
    assert deployment.processes() == []


async def test_a_restart_takes_new_settings_and_keeps_the_main_process(
    deployment: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "plugins.toml").write_text("[core]\nmax_body = 2000\n")
    await deployment.start()
    before, main = await ready(deployment), deployment.main
    async with deployment.client() as client:
        assert (await client.post(TASKS, json={"title": "x" * 3000})).status_code == 413
        (tmp_path / "plugins.toml").write_text("")
        deployment.signal(signal.SIGHUP)
        await replaced(deployment, before)
        assert (await client.post(TASKS, json={"title": "x" * 3000})).status_code == 422
    assert deployment.main == main
    deployment.signal(signal.SIGTERM)
    assert await deployment.code() == 0


async def test_a_restart_that_would_fail_changes_nothing(
    deployment: Deployment, tmp_path: Path
) -> None:
    await deployment.start()
    before = await complete(deployment)
    (tmp_path / "plugins.toml").write_text("[core]\nmax_bodies = 2000\n")
    deployment.signal(signal.SIGHUP)
    await logged(deployment, "Not restarted")
    assert deployment.processes() == before
    async with deployment.client() as client:
        assert (await client.get(TASKS)).status_code == 200


async def test_with_reload_a_change_restarts_it(deployment: Deployment, tmp_path: Path) -> None:
    deployment.options.append("--reload")
    await deployment.start()
    before = await ready(deployment)
    (tmp_path / "plugins.toml").write_text("[core]\nmax_body = 2000\n")
    await replaced(deployment, before)
    async with deployment.client() as client:
        answer = await client.post(TASKS, json={"title": "x" * 3000})
    assert answer.status_code == 413


async def replaced(deployment: Deployment, before: list[int]) -> None:
    """Wait until other workers serve."""
    async with asyncio.timeout(PATIENCE):
        while set(before) & set(deployment.workers()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_the_main_process_has_no_threads_so_that_forking_is_safe(
    deployment: Deployment,
) -> None:
    await deployment.start()
    assert threads(deployment.main) == 1


def threads(process: int) -> int:
    """Return how many threads a process has."""
    return len(list(Path(f"/proc/{process}/task").iterdir()))


async def test_it_can_be_told_to_run_no_tasks(deployment: Deployment) -> None:
    deployment.options.append("--no-runner")
    await deployment.start()
    await ready(deployment)
    assert len(deployment.processes()) == 1 + WORKERS


async def test_a_task_runner_that_hangs_is_replaced(deployment: Deployment) -> None:
    """As by a task that never lets go: nobody else would do the others."""
    deployment.settings["TENFOLD_TASKS__LEASE_SECONDS"] = "2"
    await deployment.start()
    await complete(deployment)
    (hangs,) = deployment.workers("task runner")
    os.kill(hangs, signal.SIGSTOP)
    await until(lambda: bool({*deployment.workers("task runner")} - {hangs}))
    await logged(deployment, f"A task runner (process {hangs}) hangs and is replaced.")
