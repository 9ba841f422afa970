"""A server that takes long to answer holds nobody else up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from core.auth.events import UserRegistered
from core.events import emit
from core.tasks.tables import QueuedTask
from core.testing import RunTasks
from core.webhooks.pace import SLOW, Pace
from core.webhooks.recording import DELIVER, DELIVER_SLOWLY
from core.webhooks.tables import Delivery
from tests.core.webhooks.conftest import make
from tests.core.webhooks.receiver import Receiver


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return the clock that servers are measured by: a busy machine makes nobody slow."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("core.webhooks.pace.monotonic", lambda: clock.now)
    return clock


async def test_messages_for_a_slow_server_have_a_queue_of_their_own(
    admin: Any, receiver: Receiver, run_tasks: RunTasks, clock: SimpleNamespace
) -> None:
    asked: list[str] = []

    async def remember() -> None:
        asked.extend([row["name"] for row in await QueuedTask.select(QueuedTask.name)])

    async def be_slow() -> None:
        await remember()
        clock.now += 2 * SLOW

    await make(admin, receiver.url, "auth.user_registered")
    receiver.before_answer = [be_slow, remember, remember]
    for _ in range(3):
        await emit(UserRegistered(user_id=1))
        await run_tasks()
    assert len(receiver.bodies) == 3
    assert asked == [DELIVER, DELIVER_SLOWLY, DELIVER], "and it is asked as before when it is quick"
    states = await Delivery.select(Delivery.state, Delivery.attempts)
    assert [tuple(each.values()) for each in states] == [("delivered", 1)] * 3


def test_who_is_just_being_slow_is_known(clock: SimpleNamespace) -> None:
    pace = Pace()
    with pace.measured(1):
        assert not pace.is_slow(1)
        clock.now += 2 * SLOW
        assert pace.is_slow(1)
        assert not pace.is_slow(2)
    assert pace.is_slow(1)
    with pace.measured(1):
        pass
    assert not pace.is_slow(1)
