"""What the tests of the edge share: a refusal is a problem, and nothing was written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.clocks import still_time

TASKS = "/api/v1/todo/tasks"


def problem_of(answer: Any, *statuses: int, case: str = "") -> dict[str, Any]:
    """Return the problem that ``answer`` is, with one of these statuses."""
    assert answer.status_code in statuses, (case, answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert len(problem["detail"]) < 1000
    return problem


@pytest.fixture
def clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all requests be counted in one window, even where the hour is over within the test."""
    still_time(monkeypatch, "core.web.limits.shared")


@pytest.fixture
async def nothing_written(ada: Any) -> AsyncIterator[None]:
    """Look after the test whether there is a task now."""
    yield
    assert (await ada.get(TASKS, params={"count": "true"})).json()["total"] == 0
