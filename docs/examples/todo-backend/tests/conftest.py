"""The server under test runs this plugin beside those that are built in."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def tenfold_environment(tenfold_environment: dict[str, str]) -> dict[str, str]:
    """Return the settings of the server under test, with this plugin on."""
    enabled = f"{tenfold_environment['TENFOLD_ENABLED']},todo_backend.plugin"
    return tenfold_environment | {"TENFOLD_ENABLED": enabled}
