"""How a child comes into being.

It is forked, not spawned: what was imported is there at once, and its memory is shared. The main
process has no event loop and no thread but the one that writes the log, which begins anew here.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from core.processes.child import Child, Role
from core.processes.holdings import Holdings
from core.processes.signals import Signals, held_back
from core.processes.voice import Voice

log = logging.getLogger("tenfold")


def start(role: Role, holdings: Holdings, signals: Signals) -> Child:
    """Start a child of this role."""
    hearing, speaking = os.pipe()
    main = os.getpid()
    _flush()
    with held_back():
        pid = os.fork()
        if pid == 0:
            signals.leave()
    if pid == 0:
        os.close(hearing)
        _live(role, Voice(speaking), holdings, main)
    os.close(speaking)
    os.set_blocking(hearing, False)
    return Child(pid, role.name, hearing)


def _live(role: Role, voice: Voice, holdings: Holdings, main: int) -> NoReturn:
    """Do the work and end, without a way back into the code of the main process."""
    code = 1
    try:
        holdings.lifeline.hold(main)
        _show(role.name)
        for sibling in holdings.children:
            sibling.forget()
        if not role.serves:
            holdings.listening.close()
        role.run(voice)
        code = 0
    except BaseException as error:
        log.critical("A %s has failed: %s: %s", role.name, type(error).__name__, error)
        log.info("This is where it failed.", exc_info=error)
    finally:
        logging.shutdown()
        _flush()
        os._exit(code)


def _show(name: str) -> None:
    """Let tools as `ps -o comm` tell what this process does, where that is possible."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name[:15])


def _flush() -> None:
    """Write out what was printed, so that it is not printed twice."""
    sys.stdout.flush()
    sys.stderr.flush()
