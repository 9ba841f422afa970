"""The command line of `scripts/bench`."""

import argparse
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmark.contestants import Contestant
from benchmark.databases import postgres_version
from benchmark.document import kept, machine, page, versions
from benchmark.figures import Results
from benchmark.places import INSTALLED
from benchmark.report import tables
from benchmark.rounds import Course, run
from benchmark.servers import SERVERS, WORKERS
from benchmark.workloads import WORKLOADS

NAMES = tuple(server.name for server in SERVERS)


def parser() -> argparse.ArgumentParser:
    """All options, with what they are for."""
    words = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure the product beside a bare server and its peers, in turns.",
        epilog="BENCH_POSTGRES says where PostgreSQL is (postgres://postgres@127.0.0.1:5432). "
        "TENFOLD_… variables reach the product. scripts/benchmark/README.md tells more.",
    )
    words.add_argument("--servers", type=names(NAMES), default=NAMES, help=", ".join(NAMES))
    words.add_argument(
        "--workloads", type=names(WORKLOADS), default=WORKLOADS, help=", ".join(WORKLOADS)
    )
    words.add_argument("--rounds", type=positive, default=3, help="visits of each server (3)")
    words.add_argument(
        "--requests", type=positive, default=3000, help="per workload; login takes 1 in 200 (3000)"
    )
    words.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    words.add_argument(
        "--write", type=Path, metavar="FILE", help="write the page in Markdown there"
    )
    return words


def names(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Read a list with commas whose words must all be known."""

    def read(text: str) -> tuple[str, ...]:
        chosen = tuple(word.strip() for word in text.split(",") if word.strip())
        if unknown := [word for word in chosen if word not in known]:
            message = f"{', '.join(unknown)}: unknown; there are {', '.join(known)}"
            raise argparse.ArgumentTypeError(message)
        return chosen

    return read


def positive(text: str) -> int:
    """Read a number from 1 up."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)


def contestants(options: argparse.Namespace, folder: Path) -> list[Contestant]:
    """Everybody who was asked for, on each database they know."""
    kinds = ("sqlite", "postgres") if options.database == "both" else (options.database,)
    chosen = [server for server in SERVERS if server.name in options.servers]
    return [
        Contestant(server, kind, folder)
        for kind in kinds
        for server in chosen
        if kind in server.databases
    ]


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


def measure(options: argparse.Namespace) -> Results:
    """Run everything in a scratch folder that is removed after."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=INSTALLED))
    course = Course(options.workloads, options.rounds, options.requests)
    try:
        results = run(contestants(options, folder), course, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if any(entry.database == "postgres" for entry in results.visits):
        results.versions["postgresql"] = postgres_version()
    return results


def main() -> int:
    """Measure, print, and write the page if it was asked for."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parser().parse_args()
    try:
        results = measure(options)
    except KeyboardInterrupt:
        return 130
    print("\n\n".join([machine(), versions(results), *tables(results, options.workloads)]))
    if options.write:
        command = shlex.join(["scripts/bench", *sys.argv[1:]])
        text = page(results, options.workloads, options.rounds, WORKERS, command)
        options.write.write_text(text + kept(options.write))
    return 0 if results.visits else 1


if __name__ == "__main__":
    sys.exit(main())
