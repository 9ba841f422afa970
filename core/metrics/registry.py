"""What is counted beside requests: core's own figures, and those that plugins add."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

NAME = re.compile(r"[a-z][a-z0-9_]{2,100}")
MOST = 200

Read = Callable[[], float | Awaitable[float]]
Labels = tuple[tuple[str, str], ...]
Across = Literal["sum", "max", "any"]


class Counter:
    """A figure that only goes up. Make it with ``counter``."""

    def __init__(self, name: str, help: str) -> None:
        self.name, self.help = name, help
        self.values: dict[Labels, float] = {}

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count. Labels must take few values: after 200 combinations new ones are left out."""
        key = tuple(sorted(labels.items())) if labels else ()
        known = self.values.get(key)
        if known is None and len(self.values) >= MOST:
            return
        self.values[key] = (known or 0.0) + amount


@dataclass(frozen=True)
class Gauge:
    """A figure that goes up and down, and how it is read. Make it with ``gauge``."""

    name: str
    help: str
    read: Read
    across: Across


@dataclass
class Registry:
    """All counters and gauges of this process."""

    counters: dict[str, Counter] = field(default_factory=dict)
    gauges: dict[str, Gauge] = field(default_factory=dict)


registry = Registry()


def counter(name: str, help: str) -> Counter:
    """Return the counter called ``name``: ``tenfold_`` is put in front, ``_total`` behind it.

    ``counter(...)`` once, in the module; then ``.add(1, kind="x")``, with labels of few values.

    ``help`` is a sentence for who reads the figure. Raises ValueError for what is no name.
    """
    found = registry.counters.get(_sound(name))
    if found is None:
        found = registry.counters[name] = Counter(name, help)
    return found


def gauge(name: str, help: str, read: Read, across: Across = "any") -> Gauge:
    """Show what ``read()`` gives, now or awaited, under ``name``; a later one takes its place.

    ``across`` the workers: ``any`` is for what all of them see alike, as rows in the database, and
    only the worker that is asked reads it; ``sum`` and ``max`` are of what each worker has, and
    their ``read`` must not wait.
    """
    made = registry.gauges[_sound(name)] = Gauge(name, help, read, across)
    return made


def _sound(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a metric: use a-z, 0-9 and _.")
    return name
