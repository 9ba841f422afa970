"""What workers that have ended counted stays counted, and becomes one file."""

from __future__ import annotations

import asyncio
import errno
import secrets
import threading
from pathlib import Path

import httpx
import msgspec
import pytest

from core.metrics import sharing
from core.metrics.exposition import Figures
from core.metrics.sharing import Board
from core.testing import serving
from tests.patience import PATIENCE, within


def left_by_the_dead(folder: Path, count: int) -> None:
    """Write the files of workers that have ended."""
    for number in range(count):
        snapshot = sharing.Snapshot(999_999_999, str(number))
        snapshot.requests = [("/x", "GET", "2xx", [2.0, 0.5] + [0.0] * 14)]
        snapshot.counters = [("limited", (("limit", "read"),), 3.0)]
        snapshot.gauges = {"open": 1.0}
        name = f"{number}-{secrets.token_hex(4)}.json"
        (folder / name).write_bytes(msgspec.json.encode(snapshot))


def refused(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_many_have_left_becomes_one_file(tmp_path: Path) -> None:
    folder = Board(tmp_path)._folder
    for times in (1, 2):
        left_by_the_dead(folder, 50)
        found = Figures(Board(tmp_path).read())
        assert found.requests["/x", "GET", "2xx"][:2] == [100.0 * times, 25.0 * times]
        assert found.counters["limited"] == {(("limit", "read"),): 150.0 * times}
        assert not found.gauges
        assert len(list(folder.glob("*.json"))) == 1


def test_nothing_is_counted_twice_where_that_was_cut_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Board(tmp_path)._folder
    left_by_the_dead(folder, 10)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        found = Figures(Board(tmp_path).read())
        assert found.requests["/x", "GET", "2xx"][0] == 20.0
    assert len(list(folder.glob("*.json"))) == 11
    left_by_the_dead(folder, 1)
    found = Figures(Board(tmp_path).read())
    assert found.requests["/x", "GET", "2xx"][0] == 22.0
    assert len(list(folder.glob("*.json"))) == 1


def test_a_full_disk_keeps_no_worker_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by_the_dead(Board(tmp_path)._folder, 10)
    monkeypatch.setattr(Path, "write_bytes", refused)
    found = Figures(Board(tmp_path).read())
    assert found.requests["/x", "GET", "2xx"][0] == 20.0


async def test_a_busy_disk_holds_up_no_request(
    tenfold_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, writing = threading.Event(), threading.Event()

    def slow(board: Board) -> None:
        writing.set()
        release.wait(PATIENCE)

    given = {"TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path / 'busy.db'}", "TENFOLD_ENABLED": ""}
    environment = tenfold_environment | given | {"TENFOLD_CORE__DATA": str(tmp_path)}
    monkeypatch.setattr(Board, "write", slow)
    async with (
        serving(environment) as server,
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client,
    ):
        assert await asyncio.to_thread(writing.wait, PATIENCE)
        async with within(5):
            assert (await client.get("/health/live")).status_code == 200
        release.set()
