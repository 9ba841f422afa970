"""What a redirect of the shortener costs beside one of a bare Sanic server.

``PYTHONPATH=scripts .venv/bin/python -m benchmark.redirects``: both servers run at once, with one
worker each, and are asked in turns, some hundred requests at a time, so that what else the machine
does disturbs both alike; what is compared is the CPU time of all their processes, less what they
use while nobody asks. The product counts each visit, of visitors with a thousand browsers, which
the bare server does not; neither logs requests. The ratio that counts is the median of the rounds'.
"""

import argparse
import asyncio
import itertools
import os
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from benchmark.places import CHECKOUT, PEERS
from benchmark.processes import Running
from benchmark.servers import TENFOLD
from benchmark.wire import read_reply
from plugins.shortener.public.finding import SOURCE

Pair = tuple[float, float]
"""What a request costs the shortener, and the bare server."""

Found = dict[str, list[Pair]]

TARGET = "https://example.com/spring?from=print"
CONNECTIONS = 16
AT_ONCE = 300
SETTLING = 0.7
"""Seconds in which visits are written, and figures told."""

RESTING = 5.0
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.{0}) Gecko/20100101 Firefox/140.{0}"
VISITORS = [
    f"host: 127.0.0.1\r\nuser-agent: {BROWSER.format(number)}\r\n"
    f"referer: https://www.site-{number % 40}.example/page?{number}\r\n"
    "accept: text/html,application/xhtml+xml\r\naccept-language: pt-PT,pt;q=0.9,en;q=0.5\r\n\r\n"
    for number in range(1000)
]
QUERY = f'SELECT {SOURCE["sqlite"]} FROM "shortener_link" WHERE "code" = ?'
INSERT = (
    "INSERT INTO shortener_link (code, alike, target, title, tags, redirect, forward_query, used, "
    "password, rules, enabled, banned, created_at, updated_at, version) "
    "VALUES (?, ?, ?, '', '', 302, 1, 0, '', '[]', 1, 0, ?, ?, 1)"
)


class Connection(asyncio.Protocol):
    """A connection that stays open and sends the next request as soon as one is answered."""

    def __init__(self) -> None:
        self.requests: Iterator[bytes] = iter(())
        self.done: asyncio.Future[None] | None = None
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to send."""
        self.transport: Any = transport

    def send(self) -> None:
        """Send the next request, or end."""
        request = next(self.requests, None)
        if request is not None:
            self.transport.write(request)
        elif self.done is not None and not self.done.done():
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Check an answer."""
        self.received += data
        reply = read_reply(self.received)
        if reply is not None:
            if reply.status != 302 and self.done is not None and not self.done.done():
                self.done.set_exception(RuntimeError(self.received.decode()))
            self.received = b""
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits that nothing more comes."""
        if self.done is not None and not self.done.done():
            self.done.set_exception(RuntimeError("A server closed a connection."))


class Side:
    """One of the two servers; ``resting`` is the share of a CPU it uses while nobody asks."""

    def __init__(self, server: Running, port: int) -> None:
        self.server, self.port, self.resting = server, port, 0.0
        self.connections: list[Connection] = []

    async def connect(self) -> None:
        """Open the connections anew: how they are spread over the workers is a matter of luck."""
        loop = asyncio.get_running_loop()
        for each in self.connections:
            each.done = None
            each.transport.close()
        self.connections = [
            (await loop.create_connection(Connection, "127.0.0.1", self.port))[1]
            for _ in range(CONNECTIONS)
        ]

    async def rest(self) -> None:
        """Find out what it uses while nobody asks."""
        before = self.server.cpu_seconds()
        await asyncio.sleep(RESTING)
        self.resting = (self.server.cpu_seconds() - before) / RESTING

    async def ask(self, paths: Sequence[str]) -> None:
        """Ask for each path once, over all connections."""
        visitors = itertools.cycle(VISITORS)
        requests = iter([f"GET {path} HTTP/1.1\r\n{next(visitors)}".encode() for path in paths])
        loop = asyncio.get_running_loop()
        for each in self.connections:
            each.requests, each.done = requests, loop.create_future()
            each.send()
        await asyncio.gather(*(each.done for each in self.connections if each.done is not None))


async def costs(ours: Side, bare: Side, mine: Sequence[str], theirs: Sequence[str]) -> Pair:
    """Return the CPU microseconds of a request, with what is written afterwards, for each side."""
    for side in (ours, bare):
        await side.connect()
        await side.ask(["/s/hot"] * CONNECTIONS)
    before, began = [side.server.cpu_seconds() for side in (ours, bare)], time.monotonic()
    for first in range(0, len(mine), AT_ONCE):
        await ours.ask(mine[first : first + AT_ONCE])
        await bare.ask(theirs[first : first + AT_ONCE])
    await asyncio.sleep(SETTLING)
    seconds = time.monotonic() - began
    after = [side.server.cpu_seconds() for side in (ours, bare)]
    spent = [
        (end - start - side.resting * seconds) / len(mine) * 1e6
        for start, end, side in zip(before, after, (ours, bare), strict=True)
    ]
    return spent[0], spent[1]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fill(database: Path, codes: Sequence[str]) -> None:
    """Write links straight into the database."""
    now = "2026-01-01 00:00:00+00:00"
    with closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        connection.executemany(
            INSERT, [(code, code, f"{TARGET}&code={code}", now, now) for code in codes]
        )


@contextmanager
def serving(folder: Path, database: Path, workers: str) -> Iterator[tuple[Side, Side]]:
    """Run both servers."""
    port, bare_port = free_port(), free_port()
    settings = {
        "TENFOLD_CONFIG": "/nowhere/plugins.toml",
        "TENFOLD_ENABLED": "shortener",
        "TENFOLD_CORE__DATA": str(folder),
        "TENFOLD_CORE__DATABASE": f"sqlite:///{database}",
        "TENFOLD_CORE__PORT": str(port),
        "TENFOLD_CORE__WORKERS": workers,
        "TENFOLD_CORE__ACCESS_LOG": "false",
    }
    ours = Running([str(TENFOLD), "serve"], os.environ | settings, CHECKOUT, folder / "tenfold.log")
    bare: Running | None = None
    try:
        wait(port)
        bare = Running(
            [sys.executable, str(PEERS / "bare_redirects.py")],
            os.environ
            | {
                "BENCH_PORT": str(bare_port),
                "BENCH_DATABASE": str(database),
                "BENCH_TARGET": TARGET,
                "BENCH_QUERY": QUERY,
                "BENCH_WORKERS": workers,
            },
            folder,
            folder / "bare.log",
        )
        wait(bare_port)
        yield Side(ours, port), Side(bare, bare_port)
    finally:
        ours.stop()
        if bare is not None:
            bare.stop()


def wait(port: int) -> None:
    """Wait until somebody listens."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(1)
                return
        time.sleep(0.1)
    raise RuntimeError(f"Nothing listens on port {port}.")


async def measure(ours: Side, bare: Side, rounds: Sequence[Sequence[str]]) -> Found:
    """Ask both for one link, and for links that nobody asked for before, in every round."""
    await asyncio.gather(ours.rest(), bare.rest())
    found: Found = {"cached": [], "not cached": []}
    for codes in rounds:
        hot = ["/s/hot"] * len(codes)
        found["cached"].append(await costs(ours, bare, hot, hot))
        mine, theirs = [f"/s/{code}" for code in codes], [f"/asked/{code}" for code in codes]
        found["not cached"].append(await costs(ours, bare, mine, theirs))
    return {name: pairs[1:] for name, pairs in found.items()}


def told(what: str, pairs: Sequence[Pair]) -> str:
    """Return a line about one kind of redirect."""
    ours, bare = [mine for mine, _ in pairs], [theirs for _, theirs in pairs]
    ratios = sorted(mine / theirs for mine, theirs in pairs)
    quarter = len(ratios) // 4
    return (
        f"{what:11} shortener {statistics.median(ours):6.1f} ({min(ours):.1f})   "
        f"bare Sanic {statistics.median(bare):6.1f} ({min(bare):.1f})   "
        f"ratio {statistics.median(ratios):.2f} (half of the rounds {ratios[quarter]:.2f} to "
        f"{ratios[-1 - quarter]:.2f}; of the least {min(ours) / min(bare):.2f})"
    )


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(prog="benchmark.redirects", description=__doc__)
    words.add_argument("--rounds", type=int, default=20)
    words.add_argument("--requests", type=int, default=3000)
    words.add_argument("--workers", default="1", help="more: how evenly they are used is luck")
    given = words.parse_args()
    codes = [[f"c-{turn}-{n}" for n in range(given.requests)] for turn in range(given.rounds + 1)]
    with tempfile.TemporaryDirectory() as name:
        folder, database = Path(name), Path(name) / "tenfold.db"
        with serving(folder, database, given.workers) as (ours, bare):
            fill(database, ["hot", *(code for some in codes for code in some)])
            found = asyncio.run(measure(ours, bare, codes))
    print(f"CPU us a redirect, {given.rounds} rounds of {given.requests:,}: median (least)")
    for what, pairs in found.items():
        print(told(what, pairs))


if __name__ == "__main__":
    main()
