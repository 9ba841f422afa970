"""How long a place stays empty whose children keep dying."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.processes import backoff
from core.processes.backoff import ABLE, LONGEST, Backoff
from core.processes.child import Child

TIMES = 12


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return the time, which goes on when it is told to."""
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr(backoff, "time", SimpleNamespace(monotonic=lambda: now.seconds))
    return now


def empty(clock: SimpleNamespace, *, ready: bool, age: float = 0.5) -> float:
    """Let children die again and again; return how long the place was empty at the last."""
    place = Backoff()
    for _ in range(TIMES):
        clock.seconds += age
        place.ended(Child(1, "sample", ready=ready, born=clock.seconds - age))
        died = clock.seconds
        while not place.allows():
            clock.seconds += 0.25
    return float(clock.seconds - died)


def test_who_cannot_even_get_ready_is_started_less_and_less_often(clock: SimpleNamespace) -> None:
    assert empty(clock, ready=False) == LONGEST


def test_who_had_got_ready_is_replaced_soon_however_often(clock: SimpleNamespace) -> None:
    assert empty(clock, ready=True) == ABLE


def test_who_has_lived_for_a_while_is_replaced_at_once(clock: SimpleNamespace) -> None:
    assert empty(clock, ready=True, age=6) == 0
