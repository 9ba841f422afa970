"""Quick by default; ``TENFOLD_CAMPAIGN=full`` (see scripts/campaign) runs at full length."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from core.testing import DATABASES, missing, postgres_server, scratch_postgres
from tests.campaign.deployment import Deployment

FULL = os.environ.get("TENFOLD_CAMPAIGN") == "full"

_lines: list[str] = []

Figures = Callable[[str], None]


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Return a function that keeps a line for the summary."""
    return lambda line: _lines.append(f"{request.node.callspec.id:8}  {line}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was measured."""
    if _lines:
        terminalreporter.section(f"campaign, {'full' if FULL else 'quick'} profile")
        for line in _lines:
            terminalreporter.write_line(line)


@pytest.fixture(params=DATABASES)
async def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Return a server that runs, on each kind of database; nothing of it is left afterwards."""
    if request.param == "sqlite":
        async for started in _started(f"sqlite:///{tmp_path / 'campaign.db'}", tmp_path):
            yield started
        return
    try:
        async with scratch_postgres() as url:
            async for started in _started(url, tmp_path):
                yield started
    except OSError as error:
        missing("postgres", f"nothing answers at {postgres_server()} ({error})")


async def _started(url: str, folder: Path) -> AsyncIterator[Deployment]:
    deployment = Deployment(url, folder)
    try:
        await deployment.start()
        yield deployment
    finally:
        deployment.kill()
