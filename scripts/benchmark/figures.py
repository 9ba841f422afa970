"""The figures of one measurement, and their medians over the rounds."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """One workload on one server in one round; times in milliseconds, CPU in microseconds."""

    cpu: float
    rate: float
    p50: float
    p99: float
    errors: int
    wrong: dict[str, int]


@dataclass(frozen=True)
class Entry:
    """A server on a database."""

    server: str
    database: str

    def __str__(self) -> str:
        return f"{self.server} on {self.database}"


@dataclass(frozen=True)
class Visit:
    """One round of one server: how it started and what it held in memory."""

    start: float
    peak_rss: float
    pss: float


@dataclass
class Results:
    """All that was measured, and who could not take part."""

    measured: dict[tuple[Entry, str], list[Measurement]] = field(
        default_factory=lambda: defaultdict(list)
    )
    visits: dict[Entry, list[Visit]] = field(default_factory=lambda: defaultdict(list))
    skipped: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def middle(self, entry: Entry, workload: str, value: Callable[[Measurement], float]) -> float:
        """The median of one figure over the rounds."""
        return median(value(one) for one in self.measured[entry, workload])

    def ratio(self, entry: Entry, workload: str) -> float | None:
        """CPU per request beside the bare server on the same database."""
        bare = Entry("bare", entry.database)
        if (bare, workload) not in self.measured or (entry, workload) not in self.measured:
            return None
        return self.middle(entry, workload, cpu) / self.middle(bare, workload, cpu)


def cpu(measurement: Measurement) -> float:
    """The figure that everything is compared by."""
    return measurement.cpu


def spread(values: Sequence[float]) -> float:
    """How far the rounds lie apart, as a part of their median."""
    middle = median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def measurement(outcome: dict[str, Any], cpu_seconds: float) -> Measurement:
    """Make figures of what the load generator printed."""
    times = sorted(outcome["times"]) or [0.0]
    return Measurement(
        cpu=cpu_seconds / len(times) * 1e6,
        rate=len(times) / outcome["seconds"],
        p50=times[len(times) // 2] * 1000,
        p99=times[min(len(times) - 1, len(times) * 99 // 100)] * 1000,
        errors=sum(outcome["wrong"].values()),
        wrong=outcome["wrong"],
    )
