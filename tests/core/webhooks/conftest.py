"""A receiver, and a webhook that leads to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.outgoing.client import reaching
from tests.core.webhooks.receiver import Receiver

WEBHOOKS = "/api/v1/webhooks"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return a server that takes messages."""
    made = Receiver()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/hook"
    with reaching(private=True):
        yield made
    listening.close()


async def make(person: Any, url: str, *events: str) -> Any:
    """Have a URL told of events."""
    body = {"url": url, "events": list(events)}
    answer = await person.post(WEBHOOKS, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
async def webhook(admin: Any, receiver: Receiver) -> Any:
    """Return a webhook of the administrator that hears of new users."""
    return await make(admin, receiver.url, "auth.user_registered")
