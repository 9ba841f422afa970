"""A clock that stands still, for what is another day, or another minute, a moment later."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import pytest


def stand_still(monkeypatch: pytest.MonkeyPatch, *modules: str) -> datetime:
    """Let ``datetime.now`` tell these modules one moment only, and return it."""
    moment = datetime.now(UTC)

    class Still(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment.astimezone(tz)

    for module in modules:
        monkeypatch.setattr(f"{module}.datetime", Still)
    return moment
