"""The whole OpenAPI document against generated requests, valid and invalid ones."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from core.loading import built_in, load
from core.plugins import OWN

HERE = Path(__file__).parent
EXAMPLES = os.environ.get("TENFOLD_TEST_EXAMPLES", "10")
CHANCE = (
    "--generation-database=none"
    if "TENFOLD_TEST_EXAMPLES" in os.environ
    else "--generation-deterministic"
)
ENDS_THE_SESSION = "logout_all|delete_me|change_password|end_session|change_me"
PARTS = {"core": list(OWN)} | {name: [name] for name in (load(each)[0].name for each in built_in())}


@pytest.fixture
def without_limits(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse nobody for asking often: each request shall be looked at."""
    monkeypatch.setattr(server.app.ctx.limiter, "_here", None)


@pytest.mark.usefixtures("without_limits")
@pytest.mark.parametrize("part", PARTS)
async def test_no_generated_request_breaks_the_server_or_its_word(
    server: Any, admin: Any, tmp_path: Path, part: str
) -> None:
    tests = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "schemathesis.cli",
        f"--config-file={HERE / 'schemathesis.toml'}",
        "run",
        f"{server.url}/openapi.json",
        *(f"--include-tag={plugin}" for plugin in PARTS[part]),
        f"--header=Authorization: {admin.headers['authorization']}",
        f"--max-examples={EXAMPLES}",
        f"--exclude-operation-id-regex={ENDS_THE_SESSION}",
        "--generation-allow-x00=false",
        CHANCE,
        "--continue-on-failure",
        "--request-timeout=60",
        "--suppress-health-check=too_slow",
        "--no-color",
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(HERE.parents[2]),
            "SCHEMATHESIS_HOOKS": "tests.core.web.schemathesis_checks",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told = (await tests.communicate())[0].decode()
    assert tests.returncode == 0, told[-20_000:]
