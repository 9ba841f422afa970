"""How long to wait before a child is started again that keeps dying."""

from __future__ import annotations

import logging
import time

from core.processes.child import Child

log = logging.getLogger("tenfold")

YOUNG = 5.0
"""Seconds: a child that dies younger than this counts as one that cannot live."""
FIRST, LONGEST = 0.25, 30.0
ABLE = 1.0
"""Seconds to wait at most for one that had got ready: it can live, and somebody kills it."""


class Backoff:
    """Of one role: nothing for the first to die young, then twice as long each time."""

    def __init__(self) -> None:
        self._deaths = 0
        self._until = 0.0

    def ended(self, child: Child) -> None:
        """Take into account that a child has died."""
        now = time.monotonic()
        self._deaths = self._deaths + 1 if now < child.born + YOUNG else 0
        if self._deaths > 1:
            wait = min(FIRST * 2 ** (self._deaths - 2), ABLE if child.ready else LONGEST)
            self._until = now + wait
            log.error(
                "%d times in a row a %s died young: the next is started in %g s.",
                self._deaths,
                child.role,
                wait,
            )

    def allows(self) -> bool:
        """Tell whether one may be started now."""
        return time.monotonic() >= self._until
