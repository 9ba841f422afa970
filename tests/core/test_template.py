"""What ``tenfold plugins new`` writes, however long it takes."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from core.template import writing


def test_the_second_migration_comes_after_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    first = writing._first_migration

    def slowly(where: Any) -> Path:
        time.sleep(1.2)
        return first(where)

    monkeypatch.setattr(writing, "_first_migration", slowly)
    written = writing.write("acme", writing.places("acme", tmp_path, distribution=True))
    ids = [re.findall('^ID = "(.*)"', file.read_text(), re.MULTILINE) for file in written[-2:]]
    assert ids == sorted(ids)
    assert all(ids)
    assert written[-2].name < written[-1].name
