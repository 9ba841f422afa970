"""What the tests of the shortener share."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from plugins.shortener.public import following
from plugins.shortener.visits.buffer import buffer
from tests.core.realtime.conftest import clock_stands_still

__all__ = ["clock_stands_still"]

LINKS = "/api/v1/shortener/links"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
PERSON = {"user-agent": PHONE}
BROWSER = {"user-agent": PHONE, "accept": "text/html,application/xhtml+xml"}


@pytest.fixture(autouse=True)
async def nobody_is_blocked() -> Any:
    """Let no test feel what another one's guesses led to."""
    yield
    following.blocked.clear()
    if len(buffer):
        await buffer.flush()


def some_code() -> str:
    return f"t-{secrets.token_hex(5)}".replace("8", "x").replace("5", "y")


async def add(client: Any, target: str = "https://example.com/spring", **more: Any) -> Any:
    answer = await client.post(LINKS, json={"target": target, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Ask again as long as the server says that too much is asked of it at once."""
    answer = await ask()
    while answer.status_code == 503:
        await asyncio.sleep(float(answer.headers["retry-after"]))
        answer = await ask()
    return answer


async def visit(client: Any, code: str, path: str = "", **headers: str) -> Any:
    return await client.get(f"/s/{code}{path}", headers=PERSON | headers)


async def counted(client: Any, link: Any) -> tuple[int, int]:
    """Return how often a link was followed by people, and by programs."""
    await buffer.flush()
    read = (await client.get(f"{LINKS}/{link['id']}")).json()
    return read["visits"], read["programs"]
