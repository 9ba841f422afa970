"""A restart without a gap: the main process becomes its successor and keeps what it holds.

The new code is tried first, in a process of its own. If it would start, the main process runs it in
its own place (execve): same process id, same socket, same children, which the successor replaces
one by one. If it would not, all goes on as before.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys

from core.processes.holdings import Holdings
from core.processes.signals import WATCHED

log = logging.getLogger("tenfold")

TRIAL = "--trial"


class Restart:
    """The way from one main process to the next."""

    def __init__(self) -> None:
        self._trial: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        """Try the new code, unless that is being done."""
        if self._trial is None:
            log.info("Told to restart: trying first whether it would start.")
            self._trial = subprocess.Popen([*_command(), TRIAL])  # noqa: S603  it is ourselves

    def is_cleared(self) -> bool:
        """Tell, once, that the new code would start."""
        code = self._trial.poll() if self._trial is not None else None
        if code is None:
            return False
        self._trial = None
        if code:
            log.error("Not restarted: it would not start, see above. All goes on as it was.")
        return code == 0

    def give_up(self) -> None:
        """End a trial that goes on."""
        if self._trial is not None:
            self._trial.kill()
            self._trial.wait()
            self._trial = None


def become_new(holdings: Holdings) -> None:
    """Run the new code in this process; returns only if that is impossible.

    Signals that come meanwhile wait until the successor takes them.
    """
    environment = os.environ | holdings.bequeath()
    for handler in logging.getLogger().handlers:
        handler.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        os.execve(sys.executable, _command(), environment)  # noqa: S606  it is ourselves
    except OSError as error:
        log.error("Not restarted: %s", error)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _command() -> list[str]:
    """Return the command line this process was started with."""
    return [sys.executable, *sys.orig_argv[1:]]
