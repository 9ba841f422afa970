"""Tasks, run when the test says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core.testing.servers import Server

RunTasks = Callable[..., Awaitable[int]]


@pytest.fixture
def run_tasks(server: Server) -> RunTasks:
    """Return a function that runs all tasks that are due, and returns how many attempts it took.

    ``await run_tasks(at=moment)`` runs them as at another time, periodic ones too.
    """

    async def run(at: datetime | None = None) -> int:
        return await run_due(server, at)

    return run


async def run_due(server: Server, at: datetime | None = None) -> int:
    """Run what is due, in this event loop."""
    from core.tasks.settings import TasksSettings
    from core.tasks.task import known
    from core.tasks.working import Runner

    return await Runner(known(), server.plugins.settings_of(TasksSettings)).drain(at)
