"""Clocks that stand still: no window turns, and no pause is over, in the middle of a test."""

from __future__ import annotations

import datetime as dates
import time
from types import SimpleNamespace
from typing import Any

import pytest


def still_time(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Let ``time.time()`` be the same from now on where these modules ask for it."""
    now = time.time()
    for module in modules:
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(time=lambda: now))


def still_now(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Let ``datetime.now()`` be the same from now on where these modules ask for it."""
    now = dates.datetime.now(dates.UTC)

    class Still(dates.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return now.astimezone(tz)

    for module in modules:
        monkeypatch.setattr(f"{module}.datetime", Still)
