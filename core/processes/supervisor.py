"""The main process: as many children of each role as are wanted, alive and of today."""

from __future__ import annotations

import gc
import logging
import signal
import time
from collections.abc import Callable, Sequence

from core.processes.backoff import Backoff
from core.processes.child import Child, Role, why
from core.processes.fork import start
from core.processes.holdings import Holdings
from core.processes.restart import Restart, become_new
from core.processes.signals import RESTART, STOP, Signals

log = logging.getLogger("tenfold")

TICK = 0.25
LATE = 1.0
ENDED = (0, -signal.SIGTERM)
"""Exit codes of a child that was told to end: it did, or it had not begun yet."""
LEAVING = signal.SIGUSR1
"""Tells a child that the server is about to stop."""
START = 60.0
"""Seconds a child has to get ready."""
EXTRA = 4.0
"""Seconds beyond a role's own, to close what a child holds open."""


class Supervisor:
    """Watches the children until it is told to stop.

    ``drain``: seconds it goes on listening after that; ``changed``: tells whether to restart by
    itself.
    """

    def __init__(
        self,
        roles: Sequence[Role],
        holdings: Holdings,
        *,
        drain: float = 0,
        changed: Callable[[], bool] = lambda: False,
    ) -> None:
        self._roles = {role.name: role for role in roles}
        self._holdings, self._children = holdings, holdings.children
        self._drain, self._changed = drain, changed
        self._proven = {child.role for child in self._children}
        self._backoff = {role.name: Backoff() for role in roles}
        self._restart = Restart()
        self._end: float | None = None
        self._code = 0

    def run(self) -> int:
        """Go on until told to stop and all children have ended; return the exit code."""
        self._signals = Signals()
        gc.collect()
        gc.freeze()  # so that what the processes share stays shared
        while self._end is None or self._children:
            begun = time.monotonic()
            self._keep_up()
            voices = [child.voice for child in self._children if child.voice is not None]
            for number in self._signals.wait(voices, TICK):
                self._obey(number)
            self._listen(stood_still=time.monotonic() > begun + TICK + LATE)
            self._bury()
            self._watch()
        return self._code

    def _obey(self, number: int) -> None:
        if number in STOP and self._end is None:
            self._leave()
        elif number in STOP:
            log.warning("Told to stop once more: ending at once.")
            for child in self._children:
                child.kill()
        elif number == RESTART and self._end is None:
            self._restart.begin()

    def _keep_up(self) -> None:
        """Bring the children nearer to what they should be."""
        if self._end is not None:
            if time.monotonic() >= self._end:
                self._holdings.listening.close()
                self._retire(self._children)
            return
        if self._changed():
            self._restart.begin()
        if self._restart.is_cleared():
            become_new(self._holdings)
        for role in self._roles.values():
            self._fill(role)
        self._retire([child for child in self._children if child.role not in self._roles])

    def _fill(self, role: Role) -> None:
        """Start what is missing, one by one where it replaces; let go of what has been replaced."""
        mine = self._holdings.of(role.name)
        old = [child for child in mine if child.old and child.deadline is None]
        new = [child for child in mine if not child.old]
        ready = [child for child in new if child.ready]
        waits = bool(old) and len(ready) < len(new)
        while len(new) < role.count and not waits and self._backoff[role.name].allows():
            child = start(role, self._holdings, self._signals)
            new.append(child)
            self._children.append(child)
            waits = bool(old)
        self._retire(old[: max(len(ready) + len(old) - role.count, 0)])

    def _retire(self, children: Sequence[Child]) -> None:
        for child in children:
            if child.deadline is None:
                role = self._roles.get(child.role)
                child.retire(EXTRA + (role.patience if role is not None else 0))

    def _listen(self, *, stood_still: bool) -> None:
        """Hear the children. Where this process ``stood_still``, their silence means nothing."""
        for child in self._children:
            was_ready = child.ready
            child.listen()
            if stood_still:
                child.hear()
            if child.ready:
                self._proven.add(child.role)
            if self._end is not None and child.ready and not was_ready:
                child.tell(LEAVING)  # it had no ear for it before

    def _bury(self) -> None:
        """Take note of children that have ended."""
        for child in list(self._children):
            code = child.ended()
            if code is None:
                continue
            self._children.remove(child)
            if child.deadline is None:
                self._mourn(child, code)
            elif self._end is not None and code not in ENDED:
                self._code = 1

    def _mourn(self, child: Child, code: int) -> None:
        """Take note of one that ended unasked. If none has ever been ready, none will be."""
        log.error("A %s (process %d) %s.", child.role, child.pid, why(code))
        if child.role in self._backoff:
            self._backoff[child.role].ended(child)
        if child.role not in self._proven and self._end is None:
            log.critical("Nothing is served: no %s could start.", child.role)
            self._code, self._drain = 1, 0
            self._leave()

    def _watch(self) -> None:
        """Replace who hangs, and end who does not get ready or does not end."""
        for child in self._children:
            role = self._roles.get(child.role)
            if child.killed:
                continue
            silent = child.silent() / role.silence if role is not None and role.silence else 0
            if child.is_due() or child.dawdles(START) or silent > 3:
                log.error("A %s (process %d) hangs and is killed.", child.role, child.pid)
                child.kill()
            elif silent > 1 and not child.old:
                log.error("A %s (process %d) hangs and is replaced.", child.role, child.pid)
                child.old = True

    def _leave(self) -> None:
        """Begin to stop: the children say so, and are told to end a little later."""
        self._end = time.monotonic() + self._drain
        self._restart.give_up()
        for child in self._children:
            child.tell(LEAVING)
