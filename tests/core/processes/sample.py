"""A main process with children of a kind: ``python -m tests.core.processes.sample KIND FILE``.

Each child adds a line with its process id to FILE.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

from core.processes.child import Role
from core.processes.holdings import Holdings
from core.processes.supervisor import Supervisor
from core.processes.voice import Voice

LIFE = 60.0
"""Seconds that a child lives which nobody ends."""


def begin(file: Path) -> int:
    """Write down this process; return how many there were before."""
    with file.open("a") as lines:
        before = len(file.read_text().split())
        lines.write(f"{os.getpid()}\n")
    return before


def failing(file: Path, voice: Voice) -> None:
    """Never get ready."""
    begin(file)
    raise OSError("The sample cannot start.")


def crashing(file: Path, voice: Voice) -> None:
    """Get ready once; whoever comes afterwards dies at once."""
    if begin(file):
        os.kill(os.getpid(), signal.SIGSEGV)
    voice.ready()
    time.sleep(0.2)


def stubborn(file: Path, voice: Voice) -> None:
    """Do not end when told to."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    voice.ready()
    begin(file)
    time.sleep(LIFE)


def stuck(file: Path, voice: Voice) -> None:
    """Be stuck so that not even a signal handler runs."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    voice.ready()
    begin(file)
    time.sleep(LIFE)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    run = {each.__name__: each for each in (failing, crashing, stubborn, stuck)}[sys.argv[1]]
    role = Role("sample", 1, partial(run, Path(sys.argv[2])), patience=-3.5)
    sys.exit(Supervisor([role], Holdings(socket.socket())).run())
