"""What events of a plugin a webhook gets, and whether a transaction was around them."""

from __future__ import annotations

import inspect
from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest

from core import Event
from core.db.engine import engine
from core.db.transaction import innermost
from core.webhooks.recording import wanted
from core.webhooks.tables import Delivery
from tests.core.webhooks.conftest import make

URL = "https://example.org/hook"


def names_in(module: ModuleType) -> set[str]:
    """Return the names of the events in a module, those that are told."""
    found: list[Any] = [each for each in vars(module).values() if inspect.isclass(each)]
    kinds = [each for each in found if issubclass(each, Event) and each is not Event]
    return {each.name() for each in kinds if not each.__subclasses__()}


class Watching:
    """A webhook that wants all events of a plugin; what it is told is looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.outside: list[str] = []
        self.failing = False
        self._record = wanted.record
        monkeypatch.setattr(wanted, "record", self.record)

    async def record(self, name: str, event: Any) -> None:
        """Write an event down as usual, unless this is to fail."""
        if innermost(engine().current_transaction) is None:
            self.outside.append(name)
        if self.failing:
            raise RuntimeError("This cannot be written down.")
        await self._record(name, event)

    async def told(self) -> set[str]:
        """Return the events that deliveries were made for."""
        assert self.outside == [], "These were told where no transaction was around them."
        return {row["event"] for row in await Delivery.select(Delivery.event)}

    async def refused(self, asked: Any) -> None:
        """Ask for a change whose event cannot be written down."""
        self.failing = True
        try:
            with suppress(RuntimeError):
                assert (await asked).status_code == 500
        finally:
            self.failing = False


async def watching(monkeypatch: pytest.MonkeyPatch, admin: Any, pattern: str) -> Watching:
    """Have a webhook told of events."""
    await make(admin, URL, pattern)
    return Watching(monkeypatch)
