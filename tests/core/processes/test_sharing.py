"""What the main process has loaded is there at once in each that it forks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.loading import built_in

SCRIPT = """
import asyncio, sys
from core import configuration
from core.commands.serve import build, load_for_all, make_ready

plugins = configuration.read()
make_ready(plugins)
load_for_all(configuration.core_settings(plugins))
before = set(sys.modules)
app = build(plugins)

async def live():
    from core.app import alive
    async with alive(app):
        await asyncio.sleep(0.1)

asyncio.run(live())
print(sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize("cache", ["memory://", "redis://127.0.0.1:1/0"])
def test_a_process_loads_nothing_after_it_was_forked(tmp_path: Path, cache: str) -> None:
    settings = {
        "TENFOLD_ENABLED": ",".join(built_in()),
        "TENFOLD_CORE__DATA": str(tmp_path),
        "TENFOLD_CORE__CACHE": cache,
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
