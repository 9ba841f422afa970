"""The page that `--write` makes: the tables, with all that one has to know to read them."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmark.figures import Results
from benchmark.report import tables

BY_HAND = "## Which part costs what\n"
READING = """\
Every server answers the same small JSON API: tasks of one user out of three, 300 to begin with, an
access token checked on each request. Each runs with {workers} workers (PocketBase: one process on
{workers} threads), one at a time, over 32 keep-alive connections (4 for `login`), {rounds} rounds
in turns. The load generator runs on the same machine.

CPU is user and system time of all processes of a server, over the measured requests only; the
database server's own time is not in it, so SQLite and PostgreSQL are not to be compared with each
other by it. Figures are medians over the rounds; ± is half the distance of the extremes.

Not alike: the product checks a token once and remembers it for a minute, and all requests of a
round carry one token; `bare` and the peers check it each time. `bare-remembering` is `bare` with
the same memory, so it is the one to hold the product against. The product does more on each
request than any of the others (request ids, limits, permissions, problem documents).
PocketBase checks no version on `update`. `login` is bcrypt of cost 12 and little else."""


def page(
    results: Results, workloads: Sequence[str], rounds: int, workers: int, command: str
) -> str:
    """The whole page in Markdown."""
    parts = [
        "# Performance",
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `{command}`.",
        READING.format(rounds=rounds, workers=workers),
        *tables(results, workloads),
        "## Machine and versions",
        f"{machine()}\n\n{versions(results)}",
    ]
    return "\n\n".join(parts) + "\n"


def kept(file: Path) -> str:
    """What people wrote under the figures of an earlier run: it stays."""
    text = file.read_text() if file.exists() else ""
    _, marker, written = text.partition(BY_HAND)
    return f"\n{marker}{written}" if marker else ""


def machine() -> str:
    """The processor and the system."""
    names = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    model = names[0].partition(":")[2].strip() if names else platform.machine()
    return f"{len(names) or 1} cores ({model}), {platform.system()} {platform.release()}."


def versions(results: Results) -> str:
    """What was measured, to the patch level."""
    found = {"python": platform.python_version()} | results.versions
    return ", ".join(f"{name} {version}" for name, version in sorted(found.items())) + "."
