"""Which servers take long to answer, as this process knows: those wait for each other only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

SLOW = 2.0
"""Seconds."""


class Pace:
    """How long the last attempt at each webhook took, and since when others are under way."""

    def __init__(self) -> None:
        self._slow: set[int] = set()
        self._under_way: dict[object, tuple[int, float]] = {}

    @contextmanager
    def measured(self, webhook: int) -> Iterator[None]:
        """Measure an attempt."""
        attempt, began = object(), monotonic()
        self._under_way[attempt] = webhook, began
        try:
            yield
        finally:
            del self._under_way[attempt]
            (self._slow.add if monotonic() - began > SLOW else self._slow.discard)(webhook)

    def is_slow(self, webhook: int) -> bool:
        """Tell whether its server has taken long, or is just doing so."""
        before = monotonic() - SLOW
        return webhook in self._slow or any(
            which == webhook and began < before for which, began in self._under_way.values()
        )
