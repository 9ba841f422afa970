"""No child outlives the main process, however that one ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1  # prctl(2)


class Lifeline:
    """A pipe that only the main process holds open for writing; nothing is ever written."""

    def __init__(self, ends: tuple[int, int] | None = None) -> None:
        self.ends = ends or os.pipe()

    def hold(self, parent: int) -> None:
        """In a child: from now on this process ends at once when ``parent`` has ended."""
        os.close(self.ends[1])
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        threading.Thread(target=self._watch, name="lifeline", daemon=True).start()

    def _watch(self) -> None:
        """Wait for the pipe's end: the way that works on every system."""
        os.read(self.ends[0], 1)
        os._exit(1)
