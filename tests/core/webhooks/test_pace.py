"""A server that takes long to answer holds nobody else up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.auth.events import UserRegistered
from core.events import emit
from core.tasks.tables import QueuedTask
from core.testing import RunTasks
from core.webhooks.pace import Pace
from core.webhooks.recording import DELIVER, DELIVER_SLOWLY
from core.webhooks.tables import Delivery
from tests.core.webhooks.conftest import make
from tests.core.webhooks.receiver import Receiver


async def test_messages_for_a_slow_server_have_a_queue_of_their_own(
    admin: Any, receiver: Receiver, run_tasks: RunTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def remember() -> None:
        asked.extend([row["name"] for row in await QueuedTask.select(QueuedTask.name)])

    async def be_slow() -> None:
        await remember()
        await asyncio.sleep(0.2)

    monkeypatch.setattr("core.webhooks.pace.SLOW", 0.1)
    await make(admin, receiver.url, "auth.user_registered")
    receiver.before_answer = [be_slow, remember, remember]
    for _ in range(3):
        await emit(UserRegistered(user_id=1))
        await run_tasks()
    assert len(receiver.bodies) == 3
    assert asked == [DELIVER, DELIVER_SLOWLY, DELIVER], "and it is asked as before when it is quick"
    states = await Delivery.select(Delivery.state, Delivery.attempts)
    assert [tuple(each.values()) for each in states] == [("delivered", 1)] * 3


async def test_who_is_just_being_slow_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.webhooks.pace.SLOW", 0.02)
    pace = Pace()
    with pace.measured(1):
        assert not pace.is_slow(1)
        await asyncio.sleep(0.03)
        assert pace.is_slow(1)
        assert not pace.is_slow(2)
    assert pace.is_slow(1)
    with pace.measured(1):
        pass
    assert not pace.is_slow(1)
