"""Ports for programs that tests start."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

LOWEST, HIGHEST = 10_000, 30_000
"""Below those that systems give to outgoing connections: one of these may take a port meanwhile."""


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    for port in random.sample(range(LOWEST, HIGHEST), 100):
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port was found")
