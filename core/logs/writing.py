"""Whole lines on one stream, from several processes.

A write of at most PIPE_BUF bytes to a pipe is never mixed with another one (POSIX), nor is one to
a file that is appended to. So lines are gathered into portions of that size, and one thread writes
them: a reader of the log that is slow, or stands still, holds up no request. What it leaves is
dropped and counted.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator

PORTION = 4096
MOST = 2000
PATIENCE = 2.0


class Stream:
    """Writes portions of whole lines to a file descriptor."""

    def __init__(self, file: int) -> None:
        self.file = file
        self._waiting: deque[bytes] = deque()
        self._awake = threading.Event()
        self._written = threading.Event()
        self._thread: threading.Thread | None = None
        self.lost = 0
        """Lines that were dropped because nobody reads."""
        os.register_at_fork(after_in_child=self._anew)

    def _anew(self) -> None:
        """Begin again in a forked process: the thread stayed behind, with what it was writing."""
        self._waiting.clear()
        self._awake, self._written = threading.Event(), threading.Event()
        self._thread = None

    def write(self, lines: Iterable[bytes]) -> None:
        """Write ``lines``, each with its line end, soon."""
        for portion, count in _portions(lines):
            if len(self._waiting) >= MOST:
                self.lost += count
                continue
            self._waiting.append(portion)
        self._written.clear()
        self._begin()
        self._awake.set()

    def flush(self, timeout: float = PATIENCE) -> bool:
        """Wait until everything is written; False when that takes longer than ``timeout``."""
        if not self._waiting and (self._thread is None or self._written.is_set()):
            return True
        self._begin()
        self._awake.set()
        return self._written.wait(timeout)

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._awake.wait()
            self._awake.clear()
            while self._waiting:
                self._put(self._waiting[0])
                self._waiting.popleft()
            self._written.set()

    def _put(self, portion: bytes) -> None:
        left = memoryview(portion)
        while left:
            try:
                left = left[os.write(self.file, left) :]
            except InterruptedError:
                continue
            except OSError:  # nobody is there to read it, and nobody to tell
                return


def _portions(lines: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Join lines to portions that are written whole; yield each with the number of its lines."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and size + len(line) > PORTION:
            yield b"".join(held), len(held)
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield b"".join(held), len(held)
