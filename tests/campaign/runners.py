"""``tenfold worker`` in processes of its own, to be killed, and what they did."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from core.commands.running import prepare
from core.configuration import core_settings, read
from core.db import engine
from core.repeating import resting
from core.tasks import task as registry
from core.testing.servers import _what_was_in_use
from tests.campaign.deployment import ROOT


@dataclass
class Run:
    """One attempt: the process, and when it began and ended (``time.monotonic``)."""

    process: int
    began: float
    ended: float | None = None


class Runners:
    """Processes that work at the tasks of one database."""

    def __init__(self, database: str, folder: Path, lease: int = 2) -> None:
        self.log = folder / "work.log"
        self.output = folder / "runners.log"
        self.deaths: dict[int, float] = {}
        self.running: list[subprocess.Popen[bytes]] = []
        self.settings = {
            "TENFOLD_CONFIG": "/nowhere/plugins.toml",
            "TENFOLD_ENABLED": "tests.campaign.work.plugin",
            "TENFOLD_CORE__DATA": str(folder),
            "TENFOLD_CORE__DATABASE": database,
            "TENFOLD_TASKS__LEASE_SECONDS": str(lease),
        }

    @asynccontextmanager
    async def database(self) -> AsyncIterator[None]:
        """Use the database in this process too, to enqueue and to look."""
        plugins = read(Path("/nowhere/plugins.toml"), self.settings)
        with _what_was_in_use():
            with resting():
                engine.use(engine.open_engine(core_settings(plugins)))
                registry.use(plugins)
                await prepare(plugins)
            await engine.engine().start_connection_pool()
            try:
                yield
            finally:
                await engine.close()

    def start(self) -> None:
        """Start one more."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TENFOLD_")}
        tenfold = Path(sys.executable).parent / "tenfold"
        with self.output.open("ab") as output:
            started = subprocess.Popen(
                [tenfold, "worker"],
                cwd=ROOT,
                env={
                    **inherited,
                    **self.settings,
                    "WORK_LOG": str(self.log),
                    "PYTHONPATH": str(ROOT),
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.running.append(started)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End one without a word."""
        process.kill()
        self.deaths[process.pid] = time.monotonic()
        process.wait(60)
        self.running.remove(process)

    async def stop(self, process: subprocess.Popen[bytes]) -> float:
        """Ask one to stop; return the seconds that took."""
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, 60)
        self.running.remove(process)
        return time.monotonic() - began

    def end(self) -> None:
        """Leave nothing behind."""
        for each in list(self.running):
            self.kill(each)

    def lines(self, *kinds: str) -> list[list[str]]:
        """Return what was written down."""
        text = self.log.read_text() if self.log.exists() else ""
        return [line.split() for line in text.splitlines() if line[0] in kinds]

    def attempts(self) -> dict[int, list[Run]]:
        """Return the attempts at each piece of work, in order."""
        found: dict[int, list[Run]] = defaultdict(list)
        for what, number, process, when in self.lines("B", "E"):
            if what == "B":
                found[int(number)].append(Run(int(process), float(when)))
            else:
                mine = [run for run in found[int(number)] if run.process == int(process)]
                mine[-1].ended = float(when)
        return found

    def overlapping(self) -> list[int]:
        """Return the pieces of work that two attempts were made at, at the same time."""
        twice = []
        for number, runs in self.attempts().items():
            for one, following in pairwise(runs):
                ended = one.ended or self.deaths.get(one.process, float("inf"))
                if following.began < ended:
                    twice.append(number)
        return twice
