"""The secret that signs tokens."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.auth.secret import derived, secret_of
from core.plugins import PluginError
from core.settings import CoreSettings

ASK = "from core.auth.secret import secret_of; from core.settings import CoreSettings; import sys; \
print(secret_of(CoreSettings(data=sys.argv[1])))"


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
    command = [sys.executable, "-c", ASK, str(tmp_path / "data")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(20)]
    secrets = {each.communicate(timeout=60)[0] for each in started}
    assert len(secrets) == 1
    assert len(secrets.pop().strip()) >= 48


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
