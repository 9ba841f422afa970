"""Several worker processes: what one of them changes arrives at who is connected to another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from core.testing.databases import another_database
from tests.campaign.deployment import PATIENCE, Deployment
from tests.plugins.todo.asking import PROJECTS, TASKS

SOCKETS = 8


@pytest.fixture
async def deployment(database: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Return a server with two workers."""
    async with another_database(database, tmp_path) as url:
        deployment = Deployment(url, tmp_path)
        await deployment.start()
        try:
            yield deployment
        finally:
            deployment.kill()


async def test_a_change_arrives_at_the_clients_of_every_worker(deployment: Deployment) -> None:
    headers = {"authorization": f"Bearer {deployment.token}"}
    address = f"{deployment.url.replace('http', 'ws')}/api/v1/realtime/ws"
    patience: dict[str, Any] = {"open_timeout": PATIENCE, "ping_timeout": None}
    async with AsyncExitStack() as stack:
        asking = httpx.AsyncClient(base_url=deployment.url, headers=headers, timeout=PATIENCE)
        client = await stack.enter_async_context(asking)
        house = (await client.post(PROJECTS, json={"name": "House"})).json()["id"]
        sockets = [
            await stack.enter_async_context(
                connect(address, additional_headers=headers, **patience)
            )
            for _ in range(SOCKETS)
        ]
        for each in sockets:
            channel = {"type": "subscribe", "channels": [f"todo.project:{house}"]}
            await each.send(json.dumps(channel))
            while json.loads(await each.recv())["type"] != "subscribed":
                pass  # a message on the new project may come first
        made = (await client.post(TASKS, json={"title": "Roof", "project": house})).json()["id"]
        told = await asyncio.gather(*(_created(each) for each in sockets))
    assert told == [made] * SOCKETS


async def _created(socket: Any) -> int:
    async with asyncio.timeout(PATIENCE):
        while True:
            message = json.loads(await socket.recv())
            for each in message.get("data", {}).get("changes", []):
                if each["event"] == "todo.task_created":
                    return int(each["task"])
