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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long versions take as long as they need."""
    for item in items:
        if FULL and item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(7200))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was measured."""
    if _lines:
        terminalreporter.section(f"campaign, {'full' if FULL else 'quick'} profile")
        for line in _lines:
            terminalreporter.write_line(line)


@pytest.fixture(params=DATABASES)
async def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Return a server that runs, on each kind of database; nothing of it is left afterwards."""
    async for started in on(request.param, tmp_path):
        yield started


@pytest.fixture(scope="module", params=["sqlite"])
async def lasting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    """Return one server for the tests of a file that leave it as they found it."""
    async for started in on(request.param, tmp_path_factory.mktemp("lasting")):
        yield started


async def on(kind: str, folder: Path, **settings: str) -> AsyncIterator[Deployment]:
    """Yield a server that runs on a kind of database, with these settings besides."""
    if kind == "sqlite":
        async for started in _started(f"sqlite:///{folder / 'campaign.db'}", folder, settings):
            yield started
        return
    try:
        async with scratch_postgres() as url:
            async for started in _started(url, folder, settings):
                yield started
    except OSError as error:
        missing("postgres", f"nothing answers at {postgres_server()} ({error})")


async def _started(url: str, folder: Path, settings: dict[str, str]) -> AsyncIterator[Deployment]:
    deployment = Deployment(url, folder)
    deployment.settings |= settings
    try:
        await deployment.start()
        yield deployment
    finally:
        deployment.kill()
