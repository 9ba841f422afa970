"""A Redis server of the test's own, to be frozen and killed."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from core.testing import missing
from tests.ports import free_port


class RedisServer:
    """``redis-server`` on a free port, with nothing kept on disk."""

    def __init__(self, folder: Path) -> None:
        self._take(free_port())
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def _take(self, port: int) -> None:
        self.port, self.url = port, f"redis://127.0.0.1:{port}/0"

    def begin(self) -> None:
        """Start it for the first time: on another port where somebody else took this one."""
        for _ in range(9):
            with suppress(ChildProcessError):
                return self.start()
            self._take(free_port())
        return self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise ChildProcessError("redis-server has ended")
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as asked:
                asked.sendall(b"PING\r\n")
                if asked.recv(7) == b"+PONG\r\n":
                    return
            time.sleep(0.02)
        raise AssertionError("redis-server does not answer")

    def freeze(self) -> None:
        """Let it accept and never answer."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """Forget everything."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as asked:
            asked.sendall(b"FLUSHALL\r\n")
            asked.recv(5)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


@contextmanager
def own_redis(folder: Path) -> Iterator[RedisServer]:
    """Run a Redis server for the block; the test is not run where there is none to run."""
    if shutil.which("redis-server") is None:
        missing("redis", "there is no redis-server on this machine")
    server = RedisServer(folder)
    server.begin()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Return a Redis server that runs; nothing of it is left afterwards."""
    with own_redis(tmp_path) as server:
        yield server
