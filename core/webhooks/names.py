"""The events that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.events import Event
from core.reading import did_you_mean
from core.webhooks.recording import matches


def names() -> set[str]:
    """Return the name of every event that anything in this process tells of."""
    return {kind.name() for kind in _kinds(Event)}


def _kinds(kind: type[Event]) -> Iterator[type[Event]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def unknown(patterns: Iterable[str]) -> str:
    """Return a sentence about the first pattern that stands for no event; empty if all do."""
    known = names()
    for pattern in patterns:
        if not any(matches(pattern, name) for name in known):
            return f"No event is called {pattern}{did_you_mean(pattern, known)}."
    return ""
