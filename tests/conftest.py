"""What holds for all tests: they may run on a machine that is busy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.patience import PATIENCE

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

HASTE = (
    "core.db.postgres.CONNECT",
    "core.db.postgres_watch.ANSWER",
    "core.metrics.exposition.PATIENCE",
    "core.web.full.PATIENCE",
    "core.web.health.PATIENCE",
    "core.web.linger.PATIENCE",
)
"""Seconds after which a server waits no longer for others: a pause of its machine is as long."""


@pytest.fixture(scope="session", autouse=True)
def _nobody_is_hasty() -> Iterator[None]:
    """Let a server under test wait. What becomes of haste say the tests that make it hasty."""
    with pytest.MonkeyPatch.context() as patched:
        for place in HASTE:
            patched.setattr(place, PATIENCE)
        yield
