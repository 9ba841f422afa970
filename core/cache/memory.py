"""What one worker keeps in its own memory: so many things at most, each for so long at most."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import Any

Held = tuple[Any, float]
"""A value, and the moment (of ``time.monotonic``) from which on it is not good any more."""


class Memory:
    """At most ``size`` values; what was not asked for the longest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: OrderedDict[str, Held] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: str) -> Held | None:
        """Return what is held under ``key`` and still good."""
        held = self._held.get(key)
        if held is None:
            return None
        if held[1] < monotonic():
            del self._held[key]
            return None
        self._held.move_to_end(key)
        return held

    def put(self, key: str, value: Any, seconds: float) -> None:
        """Hold a value for some seconds."""
        self._held[key] = value, monotonic() + seconds
        self._held.move_to_end(key)
        if len(self._held) > self._size:
            self._held.popitem(last=False)

    def drop(self, key: str) -> None:
        """Hold nothing under ``key``."""
        self._held.pop(key, None)

    def clear(self) -> None:
        """Hold nothing."""
        self._held.clear()
