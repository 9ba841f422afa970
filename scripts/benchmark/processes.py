"""Starts a server as a process group, reads what it costs, and ends it for certain."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CPU_CLOCK = 2


@dataclass(frozen=True)
class Memory:
    """Memory of a tree of processes in MB: the sum of their peaks, and what they share out."""

    peak_rss: float
    pss: float


class Running:
    """A server with all the processes that it started."""

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        self.log = log
        self.cpu: dict[int, float] = {}
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=environ,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        """Tell whether the first process is gone."""
        return self.process.poll() is not None

    def pids(self) -> list[int]:
        """The processes of its session and all their children."""
        found = {self.process.pid}
        for pid, parent, session in sorted(every_process()):
            if session == self.process.pid or parent in found:
                found.add(pid)
        return sorted(found)

    def cpu_seconds(self) -> float:
        """Processor time, user and system, of all its processes since they began."""
        for pid in self.pids():
            with suppress(OSError):
                self.cpu[pid] = time.clock_gettime(cpu_clock(pid))
        return sum(self.cpu.values())

    def memory(self) -> Memory:
        """What its processes hold now, and the most that each held."""
        pids = self.pids()
        peak = sum(kilobytes(pid, "status", "VmHWM:") for pid in pids)
        return Memory(
            peak / 1024, sum(kilobytes(pid, "smaps_rollup", "Pss:") for pid in pids) / 1024
        )

    def stop(self) -> None:
        """Ask it to end; after ten seconds, or for what is left over, insist."""
        pids = self.pids()
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        kill_group(self.process.pid)
        self.process.wait()
        for pid, _, session in every_process():
            if pid in pids and session == self.process.pid:
                kill(pid)


def every_process() -> list[tuple[int, int, int]]:
    """Each process of this machine: its id, its parent's and its session's."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                found.append((int(folder.name), int(fields[1]), int(fields[3])))
    return found


def cpu_clock(pid: int) -> int:
    """The kernel's clock of another process: utime and stime, but in nanoseconds, not in ticks."""
    return (~pid << 3) | CPU_CLOCK


def kilobytes(pid: int, file: str, name: str) -> int:
    """One figure out of a file in /proc; 0 for a process that has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0


def kill(pid: int) -> None:
    """End a process, if it is still there."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def kill_group(group: int) -> None:
    """End a process group, if it is still there."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
