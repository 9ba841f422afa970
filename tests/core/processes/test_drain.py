"""How long a client that is idle may still send a request to a worker that ends."""

from __future__ import annotations

import asyncio
import time

import pytest

from core.processes import drain


class Idle:
    """A connection without a request."""

    def __init__(self) -> None:
        self.others: set[Idle] = {self}

    def close_if_idle(self) -> None:
        """End it."""
        self.others.discard(self)


async def test_what_a_machine_stands_still_is_not_taken_from_an_idle_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain, "IDLE", 0.5)
    connections = Idle().others
    ending = asyncio.create_task(drain._ended(connections, 60))
    await asyncio.sleep(0)
    time.sleep(1)  # noqa: ASYNC251  everything stands still
    await asyncio.sleep(2 * drain.LOOK)
    assert connections, "who was about to send a request could not"
    await ending
    assert not connections
