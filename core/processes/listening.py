"""The socket that all web workers share.

One socket, not one for each worker: what waits to be accepted is lost with no worker.
"""

from __future__ import annotations

import socket
import stat
from contextlib import suppress
from pathlib import Path

import click

from core.places import socket_file
from core.settings import CoreSettings

BACKLOG = 1024
SHARED = 0o660
"""Who may speak through a socket file: its owner and group. The proxy's user must be in that."""


def bound(core: CoreSettings) -> socket.socket:
    """Return a socket at the configured address. Raises ClickException when it is taken."""
    file = socket_file(core.host)
    try:
        return _bound_to_file(Path(file)) if file is not None else _bound_to_port(core)
    except OSError as error:
        raise _refusal(core, error) from None


def _bound_to_port(core: CoreSettings) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(core.host, core.port, type=socket.SOCK_STREAM)[
        0
    ]
    ours = socket.socket(family, kind)
    try:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours.bind(address)
    except OSError:
        ours.close()
        raise
    return ours


def _bound_to_file(file: Path) -> socket.socket:
    """Bind to a socket file. One that a server has left behind is replaced."""
    if _is_left_behind(file):
        file.unlink()
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        ours.bind(str(file))
        file.chmod(SHARED)
    except OSError:
        ours.close()
        raise
    return ours


def _is_left_behind(file: Path) -> bool:
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(file.stat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            try:
                asking.connect(str(file))
            except ConnectionRefusedError:
                return True
    return False


def listening(core: CoreSettings) -> socket.socket:
    """Return a socket that listens. Raises ClickException when the address is taken."""
    ours = bound(core)
    try:
        ours.listen(BACKLOG)
    except OSError as error:
        ours.close()
        raise _refusal(core, error) from None
    return ours


def _refusal(core: CoreSettings, error: OSError) -> click.ClickException:
    reason = error.strerror or str(error)
    if socket_file(core.host) is not None:
        return click.ClickException(f"Cannot listen on {core.host}: {reason}.")
    return click.ClickException(
        f"Cannot listen on {core.host}:{core.port}: {reason}. Choose another with --port."
    )
