"""Who waits for a processor does not hang."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from core.processes import child
from core.processes.child import Child, starved

BUSY = "while True: pass"


@pytest.fixture
def crowd() -> Iterator[list[int]]:
    """Let three processes share one processor; return their ids."""
    (first, *_) = os.sched_getaffinity(0)
    started = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(3)]
    for each in started:
        os.sched_setaffinity(each.pid, {first})
    yield [each.pid for each in started]
    for each in started:
        each.kill()
        each.wait()


def test_what_a_process_waits_for_a_processor_is_known(crowd: list[int]) -> None:
    began = time.monotonic()
    while max(map(starved, crowd)) < 0.5:
        assert time.monotonic() < began + 60
        time.sleep(0.05)


def test_of_a_process_that_has_gone_nothing_is_known() -> None:
    assert starved(2**22 + 1) == 0


def test_silence_is_without_what_it_waited_for_a_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited = 7.0
    monkeypatch.setattr(child, "starved", lambda _: waited)
    hearing, speaking = os.pipe()
    os.set_blocking(hearing, False)
    busy = Child(os.getpid(), "web worker", hearing)
    busy.ready = True
    os.write(speaking, b".")
    busy.listen()
    busy.heard -= 10
    assert busy.silent() >= 10, "it hangs"
    waited += 9.5
    assert busy.silent() < 5, "the machine is busy"
    os.close(speaking)
    busy.forget()
