"""Visitors of short links: many, on connections that stay open."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from tests.campaign.conftest import FULL
from tests.campaign.deployment import Deployment

LINKS = "/api/v1/shortener/links"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True)
class Seen:
    """What a visitor got."""

    status: int
    location: str
    began: float
    seconds: float


async def add(deployment: Deployment, **more: Any) -> Any:
    """Make a link."""
    async with deployment.client() as client:
        answer = await client.post(LINKS, json={"target": "https://example.com/old", **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(deployment: Deployment, link: Any) -> Any:
    """Read a link."""
    async with deployment.client() as client:
        return (await client.get(f"{LINKS}/{link['id']}")).json()


async def counted(deployment: Deployment, link: Any, expected: int, patience: float = 60) -> int:
    """Return how often people followed a link, once it is what is expected, or at the end."""
    end = time.monotonic() + patience
    while (found := (await read(deployment, link))["visits"]) != expected:
        if time.monotonic() > end:
            break
        await asyncio.sleep(0.1)
    return int(found)


async def visit(deployment: Deployment, code: str, times: int, connections: int = 16) -> list[Seen]:
    """Follow a link so many times, over several connections at once."""
    seen: list[Seen] = []
    left = iter(range(times))

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", deployment.port)
        text = f"GET /s/{code} HTTP/1.1\r\nhost: x\r\nuser-agent: {AGENT}\r\n\r\n".encode()
        for _ in left:
            began = time.monotonic()
            writer.write(text)
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            seen.append(await _seen(reader, head, began))
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return seen


async def _seen(reader: asyncio.StreamReader, head: str, began: float) -> Seen:
    lines = [line.partition(": ") for line in head.lower().split("\r\n")[1:]]
    headers = {name: value for name, _, value in lines}
    await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(int(head[9:12]), headers.get("location", ""), began, time.monotonic() - began)


def percentile(seen: list[Seen], percent: float) -> float:
    """Return within how many milliseconds so many percent were answered."""
    times = sorted(each.seconds for each in seen)
    return times[min(len(times) - 1, int(len(times) * percent / 100))] * 1000


MANY = 100_000 if FULL else 10_000
