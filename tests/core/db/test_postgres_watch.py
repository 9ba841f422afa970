"""Whether PostgreSQL answers is asked of the server, and not of a process that stood still."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from core.db.postgres_watch import Watch


class Connection:
    """One that is let in after ``turns`` of the event loop, while the process stands still."""

    def __init__(self, turns: float, stands_still: float) -> None:
        self.turns, self.stands_still = turns, stands_still
        self.ended = False

    async def connect(self, **_: Any) -> Connection:
        time.sleep(self.stands_still)  # noqa: ASYNC251
        await asyncio.sleep(self.turns)
        return self

    async def fetchval(self, _: str) -> int:
        return 1

    def terminate(self) -> None:
        self.ended = True


@pytest.mark.parametrize(("turns", "stands_still", "answers"), [(0.01, 1, True), (3600, 0, False)])
async def test_a_server_that_was_not_listened_to_has_not_been_silent(
    monkeypatch: pytest.MonkeyPatch, turns: float, stands_still: float, answers: bool
) -> None:
    monkeypatch.setattr("core.db.postgres_watch.ANSWER", 0.5)
    connection = Connection(turns, stands_still)
    monkeypatch.setattr("asyncpg.connect", connection.connect)
    watch = Watch({}, lambda: None, lambda: None)
    assert await watch._answers() is answers
    assert connection.ended is answers
