"""The main process with children that do not do well."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.processes.child import Child, why
from core.processes.holdings import Holdings
from core.processes.supervisor import LEAVING, Supervisor
from core.processes.voice import Voice
from tests.core.processes.sample import LIFE

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


@contextmanager
def supervised(kind: str, file: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a main process with children of this kind."""
    file.touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.core.processes.sample", kind, str(file)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "children"


def started(file: Path) -> list[int]:
    """Return the process ids of the children there were."""
    return [int(line) for line in file.read_text().split()]


def until(what: Callable[[], bool], limit: float = PATIENCE) -> None:
    """Wait until it is true."""
    end = time.monotonic() + limit
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_when_none_can_start_it_says_so_and_ends(file: Path) -> None:
    with supervised("failing", file) as process:
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "OSError: The sample cannot start." in said
    assert "Nothing is served: no sample could start." in said
    assert len(started(file)) == 1


def test_children_that_keep_dying_are_started_again_less_and_less_often(file: Path) -> None:
    with supervised("crashing", file) as process:
        until(lambda: len(started(file)) >= 4)
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
    assert "was ended by SIGSEGV" in said
    assert "2 times in a row a sample died young: the next is started in 0.25 s." in said
    assert "3 times in a row a sample died young: the next is started in 0.5 s." in said


def test_a_child_that_does_not_end_is_killed(file: Path) -> None:
    with supervised("stubborn", file) as process:
        until(lambda: bool(started(file)))
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "hangs and is killed" in said
    assert not is_there(started(file)[0])


@pytest.mark.parametrize("kind", ["stubborn", "stuck"])
def test_no_child_outlives_the_main_process(kind: str, file: Path) -> None:
    with supervised(kind, file) as process:
        until(lambda: bool(started(file)))
        process.kill()
        process.wait()
        until(lambda: not is_there(started(file)[0]), LIFE / 2)


def test_who_gets_ready_while_it_stops_is_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It had no ear for it before: a load balancer must not take it for one to be asked."""
    told: list[signal.Signals] = []
    monkeypatch.setattr(Child, "tell", lambda _, number: told.append(number))
    hearing, speaking = os.pipe()
    os.set_blocking(hearing, False)
    starting = Child(os.getpid(), "sample", hearing)
    with socket.socket() as listening:
        supervisor = Supervisor([], Holdings(listening, children=[starting]))
        supervisor._leave()
        Voice(speaking).ready()
        for _ in range(2):
            supervisor._listen(stood_still=False)
    assert told == [LEAVING, LEAVING]
    os.close(speaking)
    starting.forget()


def test_how_a_process_ended_is_told_in_words() -> None:
    assert why(0) == "ended with exit code 0"
    assert why(-9) == "was ended by SIGKILL"
    assert why(-200) == "was ended by signal 200"
