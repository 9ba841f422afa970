"""The secret that signs tokens."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.auth.tokens.secret import derived, secret_of
from core.plugins import PluginError
from core.settings import CoreSettings

STARTS = """
import os, sys
from core.auth.tokens.secret import secret_of
from core.settings import CoreSettings
together, gun = os.pipe()
for _ in range(20):
    if os.fork() == 0:
        os.close(gun)
        os.read(together, 1)
        os.write(1, secret_of(CoreSettings(data=sys.argv[1])).encode() + b" ")
        os._exit(0)
os.close(gun)
for _ in range(20):
    os.wait()
"""
"""Twenty processes that wait for one another, then ask for the secret."""


def test_the_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    core = CoreSettings(data=str(tmp_path / "data"))
    first = secret_of(core)
    assert len(first) >= 48
    assert secret_of(core) == first
    file = tmp_path / "data" / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [each.name for each in file.parent.iterdir()] == ["secret"]


def test_twenty_first_starts_at_once_agree(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS, str(tmp_path / "data")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert len(said.split()) == 20
    assert len(set(said.split())) == 1
    assert len(said.split()[0]) >= 48


def test_a_weak_secret_is_refused() -> None:
    for weak in ("secret", "a" * 50):
        with pytest.raises(PluginError, match="too weak"):
            secret_of(CoreSettings(secret=weak))


def test_production_refuses_a_secret_that_others_may_read(tmp_path: Path) -> None:
    core = CoreSettings(data=str(tmp_path), environment="production")
    secret_of(core)
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(PluginError, match="chmod 600"):
        secret_of(core)


def test_each_purpose_has_a_key_of_its_own() -> None:
    assert derived("s", "one") != derived("s", "two")
    assert len(derived("s", "one")) == 32
