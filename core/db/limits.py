"""How long the database may keep anybody waiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

DAY = 86_400.0


@dataclass
class Limits:
    """Seconds: ``wait`` for a turn to write or a free connection, ``statement`` for each one."""

    wait: float = 5.0
    statement: float = 30.0

    @property
    def are_lifted(self) -> bool:
        """Whether statements may take as long as they need."""
        return self.statement >= DAY

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Let statements take as long as they need: migrations."""
        before, self.statement = self.statement, DAY
        try:
            yield
        finally:
            self.statement = before
