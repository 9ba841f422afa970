"""One child process as the main process sees it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.processes.voice import READY, Voice


@dataclass(frozen=True)
class Role:
    """What some children do: ``run(voice)`` returns ``patience`` seconds after SIGTERM at most."""

    name: str
    count: int
    run: Callable[[Voice], None]
    patience: float = 8.0
    serves: bool = False
    """Whether it needs the listening socket."""
    silence: float = 0.0
    """Seconds without a sign of life after which it is replaced; after three times that it is
    killed. 0: it gives none."""


@dataclass
class Child:
    """A process that was started and not yet waited for."""

    pid: int
    role: str
    voice: int | None = None
    """The end of the pipe it speaks into; none if an earlier main process started it."""
    old: bool = False
    """Whether it is to be replaced."""
    ready: bool = False
    deadline: float | None = None
    """When it is killed; set once it was told to end."""
    killed: bool = False
    born: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    starved: float = 0.0
    """How long it had waited for a processor when it was last heard."""

    def listen(self) -> None:
        """Take in what it has said."""
        with suppress(BlockingIOError):
            while self.voice is not None and (words := os.read(self.voice, 4096)):
                self.hear()
                self.ready = self.ready or READY in words

    def hear(self) -> None:
        """Take it for alive at this moment."""
        self.heard, self.starved = time.monotonic(), starved(self.pid)

    def ended(self) -> int | None:
        """Return its exit code (negative: the signal that ended it), or None while it runs."""
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:  # somebody else has waited for it
            pid, status = self.pid, 0
        if not pid:
            return None
        self.forget()
        return os.waitstatus_to_exitcode(status)

    def forget(self) -> None:
        """Close the pipe it speaks into."""
        if self.voice is not None:
            os.close(self.voice)
            self.voice = None

    def silent(self) -> float:
        """Return the seconds since its last sign of life; 0 before it is ready.

        Those in which it waited for a processor do not count: it does not hang, others are busy.
        """
        if self.voice is None or not self.ready:
            return 0
        return time.monotonic() - self.heard - (starved(self.pid) - self.starved)

    def dawdles(self, seconds: float) -> bool:
        """Tell whether it is not ready so long after it was born."""
        return not self.ready and time.monotonic() > self.born + seconds

    def is_due(self) -> bool:
        """Tell whether it was told to end and has not, in the time it had."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def retire(self, patience: float) -> None:
        """Tell it to end, ``patience`` seconds from now at the latest."""
        self.old = True
        self.deadline = time.monotonic() + patience
        self.tell(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.killed = True
        self.tell(signal.SIGKILL)


def starved(pid: int) -> float:
    """Return how many seconds a process has waited for a processor; 0 where nobody tells.

    The second number in /proc/PID/schedstat (Documentation/scheduler/sched-stats of Linux).
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def why(code: int) -> str:
    """Return in words how a process ended."""
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"
