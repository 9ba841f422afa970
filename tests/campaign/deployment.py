"""The real server in processes of its own, to be aborted, stopped and killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import httpx

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
WORKERS = 2
READY = 60.0
"""Seconds that starting may take, and PATIENCE what answering may, on a machine that is busy."""
PATIENCE = 60.0
TASKS = "/api/v1/todo/tasks"


class Deployment:
    """``tenfold serve`` on one database. Start it as often as you like."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database, self._folder = database, folder
        self.settings = {"TENFOLD_CORE__DATABASE_WAIT": "30"}
        """Environment variables besides, or instead of, those that every deployment has."""
        self.options: list[str] = []
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    async def start(self) -> float:
        """Start and wait until it answers; return the seconds that took."""
        began = time.monotonic()
        self._log = (self._folder / "server.log").open("ab")
        self._process = self._spawn(self._log)
        await self._answers()
        if not self.token:
            self.token = await self._register()
        return time.monotonic() - began

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        tenfold = Path(sys.executable).parent / "tenfold"
        return subprocess.Popen(
            [tenfold, "serve", "--port", str(self.port), "--workers", str(WORKERS), *self.options],
            cwd=ROOT,
            env=self._environment(),
            start_new_session=True,
            stdout=log,
            stderr=subprocess.STDOUT,
        )

    def _environment(self) -> dict[str, str]:
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("TENFOLD_")},
            "TENFOLD_CONFIG": "/nowhere/plugins.toml",
            "TENFOLD_ENABLED": "todo,shortener",
            "TENFOLD_CORE__DATA": str(self._folder),
            "TENFOLD_CORE__DATABASE": self.database,
            "TENFOLD_AUTH__BCRYPT_ROUNDS": "4",
            "TENFOLD_AUTH__ACCESS_MINUTES": "120",
            **self.settings,
        }

    async def _answers(self) -> None:
        end = time.monotonic() + READY
        async with httpx.AsyncClient(timeout=60, base_url=self.url) as client:
            while not await _is_up(client):
                assert self._alive(), f"it ended:\n{self.log()}"
                assert time.monotonic() < end, f"it does not answer:\n{self.log()}"
                await asyncio.sleep(0.05)

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def _register(self) -> str:
        person = {"email": "ada@example.org", "username": "ada", "password": "correct horse"}
        async with httpx.AsyncClient(base_url=self.url, timeout=PATIENCE) as client:
            answer = await client.post("/api/v1/auth/register", json=person)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["access_token"])

    def client(self) -> httpx.AsyncClient:
        """Return a client that is signed in."""
        headers = {"authorization": f"Bearer {self.token}"}
        limits = httpx.Limits(max_connections=100)
        return httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=PATIENCE, limits=limits
        )

    async def add(self, client: httpx.AsyncClient, title: str) -> Any:
        """Add a task."""
        return await client.post(TASKS, json={"title": title})

    def log(self) -> str:
        """Return the end of what the server printed, without its lines about requests."""
        lines = (self._folder / "server.log").read_text().splitlines(keepends=True)
        return "".join(line for line in lines if " access: " not in line)[-4000:]

    def processes(self) -> list[int]:
        """Return the process ids of the server and all it started."""
        assert self._process is not None
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self._process.pid and fields[0] != "Z":
                found.append(int(folder.name))
        return found

    @property
    def main(self) -> int:
        """The process id of the one that watches the others."""
        assert self._process is not None
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send the main process a signal."""
        os.kill(self.main, number)

    async def code(self, limit: float = 60) -> int:
        """Wait until it has ended by itself; return its exit code."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, limit)

    def workers(self, name: str = "web worker") -> list[int]:
        """Return the process ids of the web workers, or of those with another ``name``."""
        return [id for id in self.processes() if _name(id) == name]

    def threads(self) -> int:
        """Return how many threads they have together."""
        return sum(map(_threads, self.processes()))

    async def stop(self) -> float:
        """Ask it to stop; return the seconds until nothing of it was left, 20 at most."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        for _ in range(1000):
            if not self._alive() and not self.processes():
                break
            await asyncio.sleep(0.02)
        seconds = time.monotonic() - began
        self.kill()
        return seconds

    def kill(self) -> None:
        """End every process of it at once, without a word; none has the port or a lock then."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(READY)
            while self.processes():
                time.sleep(0.01)
        if self._log is not None:
            self._log.close()


async def _is_up(client: httpx.AsyncClient) -> bool:
    with suppress(httpx.TransportError):
        return (await client.get("/api/v1")).status_code == 200
    return False


def _threads(process: int) -> int:
    with suppress(OSError):
        return len(list(Path(f"/proc/{process}/task").iterdir()))
    return 0


def _name(process: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process}/comm").read_text().strip()
    return ""
