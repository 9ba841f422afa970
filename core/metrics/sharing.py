"""Each worker writes its figures to a file once a second; whoever is asked adds them up.

The folder belongs to one start of the server. A worker that has ended leaves its file: what it
counted stays counted, for a sum that goes down looks like a restart to Prometheus. What it had
open does not count any more. Who starts makes one file of what those have left, so that reading
does not take longer with each restart.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from time import time

import msgspec

Values = dict[str, float]


class Snapshot(msgspec.Struct):
    """The figures of one worker, or of several that have ended: then ``process`` is 0.

    ``instead_of`` names the files whose figures are in it; they may still be there for a moment.
    """

    process: int
    began: str
    requests: list[tuple[str, str, str, list[float]]] = []
    counters: list[tuple[str, tuple[tuple[str, str], ...], float]] = []
    gauges: dict[str, float] = {}
    instead_of: list[str] = []


TRIES = 5
ABANDONED = 600.0
"""Seconds after which nobody writes to a folder any more: who lives does each second."""

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Snapshot)


class Board:
    """The files of the workers that one server started. ``folder`` is made, and old ones go."""

    def __init__(self, folder: Path) -> None:
        parent = os.getppid()
        self._folder = folder / f"{parent}-{began(parent)}"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.json"
        self._writing = threading.Lock()
        self.mine = Snapshot(os.getpid(), began(os.getpid()))
        _sweep(folder)
        with suppress(OSError):  # another worker is at it, or the disk is full
            self._take_in()

    def write(self) -> None:
        """Show ``mine`` to the other workers. Any thread may call it; what is newest stays."""
        with self._writing:
            _write(self._file, self.mine)

    def read(self) -> Iterable[tuple[Snapshot, bool]]:
        """Yield the figures of each worker, mine as they are now, and whether it runs."""
        yield self.mine, True
        for name, found in self._found()[0].items():
            if name != self._file.name:
                yield found, began(found.process) == found.began

    def _found(self) -> tuple[dict[str, Snapshot], set[str]]:
        """Return the figures in each file, and what files were taken in and are still there.

        It is read anew where one was taken in meanwhile.
        """
        for _ in range(TRIES):
            with suppress(FileNotFoundError):
                read = {file.name: _read(file) for file in self._folder.glob("*.json")}
                found = {name: each for name, each in read.items() if each is not None}
                gone = {name for each in found.values() for name in each.instead_of}
                return {k: each for k, each in found.items() if k not in gone}, gone & read.keys()
        return {}, set()

    def _take_in(self) -> None:
        """Make one file of those of workers that have ended."""
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found, gone = self._found()
            ended = {k: each for k, each in found.items() if began(each.process) != each.began}
            if len(ended) < 2:
                return
            whole = added_up(ended.values())
            whole.instead_of = [*ended, *gone]
            _write(self._folder / f"ended-{secrets.token_hex(4)}.json", whole)
            for name in whole.instead_of:
                (self._folder / name).unlink(missing_ok=True)


def added_up(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return what workers that have ended counted together."""
    requests: dict[tuple[str, str, str], list[float]] = {}
    counters: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for each in snapshots:
        for *about, cell in each.requests:
            key = (about[0], about[1], about[2])
            known = requests.get(key, [0.0] * len(cell))
            requests[key] = [a + b for a, b in zip(known, cell, strict=True)]
        for name, labels, value in each.counters:
            counters[name, labels] = counters.get((name, labels), 0.0) + value
    return Snapshot(
        0,
        "ended",
        [(*key, cell) for key, cell in requests.items()],
        [(*key, value) for key, value in counters.items()],
    )


def _write(file: Path, snapshot: Snapshot) -> None:
    draft = file.with_suffix(".new")
    draft.write_bytes(_encode(snapshot))
    draft.replace(file)


def _read(file: Path) -> Snapshot | None:
    """Return what is in a file, None for nothing that can be read. Raises FileNotFoundError."""
    try:
        return _decoder.decode(file.read_bytes())
    except FileNotFoundError:
        raise
    except (OSError, msgspec.DecodeError):
        return None


def began(process: int) -> str:
    """Return when a process started, as the system writes it; nothing for one that is not there.

    Process ids are used again; with this it is known which process is meant.
    """
    try:
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self").exists() else str(process)
    return "" if stat[0] == "Z" else stat[19]


def _sweep(folder: Path) -> None:
    """Remove what servers that have ended left.

    One in another container cannot be seen from here: what is still written to stays.
    """
    for old in folder.iterdir():
        process, _, start = old.name.partition("-")
        if process.isdigit() and began(int(process)) == start:
            continue
        with suppress(OSError):
            if time() - old.stat().st_mtime > ABANDONED:
                shutil.rmtree(old, ignore_errors=True)
