"""The counters that all workers of a machine share."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from limits import parse
from limits.strategies import SlidingWindowCounterRateLimiter

from core.web.limits import shared
from core.web.limits.shared import SharedStorage
from core.web.limits.window import wait_of

HOUR = 3600

HITS = """
import sys, time
from pathlib import Path
from core.web.limits.shared import SharedStorage
storage = SharedStorage(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(sum(storage.take(f"key {n % 2}", 100, 2**32 - 1) == 0 for n in range(int(sys.argv[2]))))
"""
HOLD = """
import sys, fcntl, time
from pathlib import Path
from core.web.limits.shared import SharedStorage
storage = SharedStorage(Path(sys.argv[1]))
fcntl.flock(storage._file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _in_one_window(clock_stands_still: None) -> None:
    """Let no test go on into another hour, but those that set the clock."""


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[SharedStorage]:
    opened = SharedStorage(tmp_path)
    yield opened
    opened.close()


def process(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Run Python code, and wait until it says something."""
    started = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert started.stdout is not None
    assert started.stdout.readline()
    return started


def test_two_processes_let_exactly_as_many_through_as_one(tmp_path: Path) -> None:
    both = [process(HITS, tmp_path, 2500) for _ in range(2)]
    for each in both:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    passed = sum(int(each.communicate(timeout=100)[0]) for each in both)
    assert passed == 200, "two keys, 100 each, in a window that does not end before 2106"


def test_a_killed_holder_of_the_lock_holds_nobody_up(
    tmp_path: Path, storage: SharedStorage
) -> None:
    holder = process(HOLD, tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.wait(60)
    assert storage._lock(), "the lock went with its holder"


def test_a_stopped_holder_of_the_lock_holds_nobody_up_for_long(
    tmp_path: Path, storage: SharedStorage
) -> None:
    holder = process(HOLD, tmp_path)
    try:
        began = time.process_time()
        assert [storage.take("key", 2, HOUR) for _ in range(2)] == [0, 0]
        assert storage.take("key", 2, HOUR) > 0, "it still counts"
        assert time.process_time() - began < 3 * 0.25
    finally:
        holder.kill()
        holder.wait(60)


def test_counters_outlive_their_process(tmp_path: Path) -> None:
    first = SharedStorage(tmp_path)
    assert first.take("key", 1, HOUR) == 0
    first.close()
    second = SharedStorage(tmp_path)
    assert second.take("key", 1, HOUR) > 0
    second.close()


def test_a_file_of_rubbish_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / shared.NAME).write_bytes(os.urandom(shared.SIZE + 100))
    storage = SharedStorage(tmp_path)
    assert [storage.take("key", 2, HOUR) == 0 for _ in range(3)] == [True, True, False]
    storage.close()


def test_without_a_file_a_process_counts_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    storage = SharedStorage(tmp_path)
    assert [storage.take("key", 1, HOUR) == 0 for _ in range(2)] == [True, False]
    storage.close()


def test_the_table_stays_small_and_keeps_who_asks_most(storage: SharedStorage) -> None:
    for _ in range(50):
        storage.take("busy", 50, HOUR)
    for number in range(100_000):
        storage.take(f"stranger {number}", 50, HOUR)
    assert storage.take("busy", 50, HOUR) > 0
    assert len(storage._map) == shared.SIZE
    assert len(storage._places) <= shared.REMEMBERED


def test_an_expired_counter_makes_room(
    storage: SharedStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr(shared, "time", SimpleNamespace(time=lambda: now[0]))
    storage.take("key", 1, 60)
    assert storage.take("key", 1, 60) > 0
    now[0] += 121
    assert storage.take("key", 1, 60) == 0


@pytest.mark.parametrize("step", [0.5, 1.7, 7.0])
def test_no_window_of_any_place_lets_more_through(
    storage: SharedStorage, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    now = [1_800_000_003.0]
    monkeypatch.setattr(shared, "time", SimpleNamespace(time=lambda: now[0]))
    passed: list[float] = []
    for _ in range(600):
        now[0] += step
        if storage.take("key", 20, 60) == 0:
            passed.append(now[0])
    most = max(sum(at - 60 < each <= at for each in passed) for at in passed)
    assert most <= 20 * 1.25, "two counters instead of a list: a quarter too many at the worst"
    whole = (passed[-1] - passed[0]) / 60
    assert len(passed) <= 20 * (whole + 1)


def test_a_clock_set_back_a_little_forgets_nothing(
    storage: SharedStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_800_000_000.0]
    monkeypatch.setattr(shared, "time", SimpleNamespace(time=lambda: now[0]))
    storage.take("key", 1, 60)
    now[0] -= 5
    assert storage.take("key", 1, 60) > 0
    now[0] -= 86_400
    assert storage.take("key", 1, 60) == 0, "but nobody waits a day for it"


@pytest.mark.parametrize("previous", [0, 3, 10])
@pytest.mark.parametrize("current", [0, 4, 9, 10])
@pytest.mark.parametrize("passed", [0.0, 0.3, 0.99])
def test_who_waits_as_long_as_told_is_let_in(previous: int, current: int, passed: float) -> None:
    wait = wait_of(previous, current, passed, 10, 60)
    if wait == 0:
        assert math.floor(previous * (1 - passed)) + current < 10
        return
    then = passed + wait / 60
    if then >= 1:
        previous, current, then = current, 0, then - 1
    assert wait_of(previous, current, then, 10, 60) == 0


def test_the_strategies_of_the_library_run_on_it(storage: SharedStorage) -> None:
    limiter, item = SlidingWindowCounterRateLimiter(storage), parse("3/hour")
    assert [limiter.hit(item, "ada") for _ in range(4)] == [True, True, True, False]
    assert limiter.get_window_stats(item, "ada").remaining == 0
    assert limiter.test(item, "grace")
    assert limiter.get_window_stats(item, "grace").remaining == 3
    limiter.clear(item, "ada")
    assert limiter.hit(item, "ada")
    assert storage.incr("plain", HOUR) == 1
    assert storage.incr("plain", HOUR, 2) == storage.get("plain") == 3
    assert storage.get_expiry("plain") > time.time()
    storage.reset()
    assert storage.get("plain") == 0
    assert storage.check()
