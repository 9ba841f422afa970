"""The signals that the main process waits for."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
RESTART = signal.SIGHUP
WATCHED = (*STOP, RESTART, signal.SIGCHLD)


class Signals:
    """Signals arrive as bytes on a socket, so that none is missed between two looks."""

    def __init__(self) -> None:
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)
        signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for each in WATCHED:
            signal.signal(each, _noted)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)  # held back while this process began

    def wait(self, voices: list[int], seconds: float) -> list[int]:
        """Wait until a signal comes or a child speaks; return the signals in order."""
        if self._reading not in wait([self._reading, *voices], seconds):
            return []
        return list(self._reading.recv(4096))

    def leave(self) -> None:
        """In a child: the main process's signals are none of ours, and the terminal speaks to it.

        Until there is a handler, SIGTERM ends the child: it has done nothing yet.
        """
        signal.set_wakeup_fd(-1)
        self._reading.close()
        self._writing.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for each in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(each, signal.SIG_IGN)


@contextmanager
def held_back() -> Iterator[None]:
    """Let no signal in while a process becomes two; a child leaves the block too."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*WATCHED, signal.SIGUSR1})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _noted(*_: object) -> None:
    """Do nothing: the byte on the socket is what counts."""
