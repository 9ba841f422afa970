"""The figures of all workers in the text format of Prometheus."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from core.metrics.registry import Labels, registry
from core.metrics.requests import BOUNDS, FIRST, SUM, Cells
from core.metrics.sharing import Snapshot

log = logging.getLogger("tenfold.metrics")

PATIENCE = 2.0
LABELS = ("route", "method", "status")


class Figures:
    """The figures of several workers, added up."""

    def __init__(self, snapshots: Iterable[tuple[Snapshot, bool]]) -> None:
        self.requests: Cells = {}
        self.counters: dict[str, dict[Labels, float]] = defaultdict(lambda: defaultdict(float))
        self.gauges: dict[str, list[float]] = defaultdict(list)
        for snapshot, runs in snapshots:
            self._add(snapshot)
            if runs:
                for name, value in snapshot.gauges.items():
                    self.gauges[name].append(value)

    def _add(self, snapshot: Snapshot) -> None:
        for route, method, status, cell in snapshot.requests:
            known = self.requests.get((route, method, status), [0.0] * len(cell))
            total = [a + b for a, b in zip(known, cell, strict=True)]
            self.requests[route, method, status] = total
        for name, labels, value in snapshot.counters:
            self.counters[name][tuple(tuple(pair) for pair in labels)] += value  # type: ignore[misc]


async def ask_once() -> dict[str, float]:
    """Read the gauges that are alike in every worker; one that fails is left out and logged."""
    asked = [each for each in registry.gauges.values() if each.across == "any"]
    values = await asyncio.gather(*(_value(each) for each in asked))
    return {
        each.name: value for each, value in zip(asked, values, strict=True) if value is not None
    }


async def _value(gauge: Any) -> float | None:
    try:
        async with asyncio.timeout(PATIENCE):
            found = gauge.read()
            return float(await found if inspect.isawaitable(found) else found)
    except Exception as error:
        log.warning("The metric %s cannot be read: %r", gauge.name, error)
        return None


def written(figures: Figures, once: dict[str, float]) -> bytes:
    """Return the whole text."""
    kept = CollectorRegistry(auto_describe=False)
    kept.register(_Collector(figures, once))
    return generate_latest(kept)


class _Collector:
    def __init__(self, figures: Figures, once: dict[str, float]) -> None:
        self._figures, self._once = figures, once

    def collect(self) -> Iterator[Metric]:
        yield self._requests()
        yield from self._counters()
        yield from self._gauges()

    def _requests(self) -> Metric:
        family = HistogramMetricFamily(
            "tenfold_request_duration_seconds", "Time to answer a request.", labels=LABELS
        )
        ends = [*(str(bound) for bound in BOUNDS), "+Inf"]
        for key, cell in sorted(self._figures.requests.items()):
            buckets = list(zip(ends, accumulate(cell[FIRST:]), strict=True))
            family.add_metric(list(key), buckets, cell[SUM])
        return family

    def _counters(self) -> Iterator[Metric]:
        for each in registry.counters.values():
            values = self._figures.counters.get(each.name, {(): 0.0})
            names = sorted({name for labels in values for name, _ in labels})
            family = CounterMetricFamily(f"tenfold_{each.name}", each.help, labels=names)
            for labels, value in sorted(values.items()):
                given = dict(labels)
                family.add_metric([given.get(name, "") for name in names], value)
            yield family

    def _gauges(self) -> Iterator[Metric]:
        for each in registry.gauges.values():
            found = self._figures.gauges.get(each.name, [])
            value = self._once.get(each.name) if each.across == "any" else None
            if found and each.across != "any":
                value = sum(found) if each.across == "sum" else max(found)
            if value is not None:
                yield GaugeMetricFamily(f"tenfold_{each.name}", each.help, value=value)
