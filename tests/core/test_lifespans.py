"""A plugin that cannot open takes only its own routes away."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from core import lifespans
from core.testing import serving
from tests.core.packages import package, write

__all__ = ["package"]

PLUGIN = """
import asyncio
from contextlib import asynccontextmanager
from sanic import Blueprint
from core import Plugin, endpoint, hookimpl

PLUGIN = Plugin(name="{name}", title="Example", requires={requires})
blueprint = Blueprint("{name}")
cause = [True]

@blueprint.get("/")
@endpoint(None)
async def say() -> str:
    "Say something."
    return "{name} runs"

@hookimpl
def register_routes():
    return blueprint

@hookimpl
@asynccontextmanager
async def lifespan(app):
    if cause[0]:
        {trouble}
    yield
"""
LINE = PLUGIN.splitlines().index("        {trouble}") + 1


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("raise OSError('no broker')", "raised OSError: no broker"),
        ("await asyncio.sleep(60)", r"did not come to its yield within [\d.]+ seconds"),
    ],
)
async def test_a_plugin_that_cannot_open_is_named_and_tried_again(
    trouble: str,
    words: str,
    package: Path,
    tmp_path: Path,
    tenfold_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if "sleep" in trouble:
        monkeypatch.setattr(lifespans, "PATIENCE", 2.0)
    monkeypatch.setattr(lifespans, "AGAIN", 0.05)
    write(package, "acme", plugin=PLUGIN.format(name="acme", requires=(), trouble=trouble))
    above = PLUGIN.format(name="above", requires=("acme",), trouble="pass")
    write(package, "above", plugin=above)
    environment = tenfold_environment | {
        "TENFOLD_ENABLED": "todo,acme.plugin,above.plugin",
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path}/one.db",
    }
    async with (
        serving(environment) as server,
        httpx.AsyncClient(base_url=server.url, timeout=60) as client,
    ):
        for name in ("acme", "above"):
            refused = await client.get(f"/api/v1/{name}")
            assert refused.status_code == 503
            assert refused.json()["detail"].startswith(f"The plugin {name} is not running.")
            assert refused.headers["retry-after"]
        await _answers(client, "todo/tasks", 401)
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"]["acme"] == "is not running"
        told = rf"acme: its hook lifespan\(\) {words}, at \S*acme/plugin\.py:{LINE}\. Its routes"
        assert re.search(told, caplog.text)
        server.plugins["acme"].module.cause[0] = False
        assert await _answers(client, "acme") == "acme runs"
        assert await _answers(client, "above") == "above runs"
        assert (await client.get("/health/ready")).status_code == 200


async def _answers(client: Any, name: str, status: int = 200) -> Any:
    for _ in range(500):
        answer = await client.get(f"/api/v1/{name}")
        if answer.status_code == status:
            return answer.json()
        await asyncio.sleep(0.02)
    raise AssertionError(answer.text)


ENDING = """
import asyncio
from contextlib import asynccontextmanager
from core import Plugin, hookimpl

PLUGIN = Plugin(name="{name}", title="Example")
ended = []

@hookimpl
@asynccontextmanager
async def lifespan(app):
    yield
    {trouble}
    ended.append(True)
"""


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("raise OSError('no broker')", "raised OSError: no broker"),
        ("await asyncio.sleep(60)", r"did not end within 0\.1 seconds of its yield"),
    ],
)
async def test_a_plugin_that_cannot_end_is_named_and_the_others_end(
    trouble: str,
    words: str,
    package: Path,
    tmp_path: Path,
    tenfold_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(lifespans, "LEAVING", 0.1)
    write(package, "good", plugin=ENDING.format(name="good", trouble="pass"))
    write(package, "acme", plugin=ENDING.format(name="acme", trouble=trouble))
    environment = tenfold_environment | {
        "TENFOLD_ENABLED": "good.plugin,acme.plugin",
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path}/one.db",
    }
    async with serving(environment) as server:
        good = server.plugins["good"].module
    assert good.ended == [True]
    line = ENDING.splitlines().index("    {trouble}") + 1
    assert re.search(
        rf"acme: its hook lifespan\(\) {words}, at \S*plugin\.py:{line}\.", caplog.text
    )
