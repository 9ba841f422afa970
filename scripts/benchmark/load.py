"""The load generator, a process of its own.

It reads a plan in JSON from the first line of its input, warms the server up, says `warm`, waits
for a line, does the measured requests and prints what came of them as a line of JSON.
"""

import asyncio
import json
import sys
from time import perf_counter
from typing import Any, cast

import uvloop

from benchmark.wire import Reply, read_reply

PATIENCE = 120.0


class Load:
    """A number of requests, shared out among the connections as each becomes free."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.begin(0)

    def begin(self, requests: int) -> None:
        """Start counting anew."""
        self.left = self.open = requests
        self.times: list[float] = []
        self.wrong: dict[str, int] = {}
        self.done = asyncio.Event()

    def take(self) -> bool:
        """Claim one of the requests that are left."""
        self.left -= 1
        return self.left >= 0

    def count(self, seconds: float, outcome: int | str) -> None:
        """Note how one request went."""
        self.times.append(seconds)
        if outcome != self.status:
            self.wrong[str(outcome)] = self.wrong.get(str(outcome), 0) + 1
        self.open -= 1
        if not self.open:
            self.done.set()


class Connection(asyncio.Protocol):
    """One keep-alive connection that sends its request until none is left."""

    def __init__(self, load: Load, port: int, text: str, etag: str) -> None:
        self.load, self.port = load, port
        self.text, self.etag = text.encode(), etag.encode()
        self.transport: asyncio.Transport | None = None
        self.received = b""
        self.sent_at, self.turn = 0.0, 0

    async def open(self) -> None:
        """Connect; while the server refuses, its requests fail one after the other."""
        connect = asyncio.get_running_loop().create_connection
        while self.transport is None:
            try:
                await connect(lambda: self, "127.0.0.1", self.port)
            except OSError:
                if not self.load.take():
                    return
                self.load.count(0.0, "connection refused")
                await asyncio.sleep(0.05)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Go on where the load stands."""
        self.transport = cast(asyncio.Transport, transport)
        self.send()

    def send(self) -> None:
        """Send the next request, if one is left."""
        if self.transport is None:
            self.opening = asyncio.get_running_loop().create_task(self.open())
        elif not self.transport.is_closing() and self.load.take():
            self.received, self.turn = b"", self.turn + 1
            self.sent_at = perf_counter()
            self.transport.write(self.words())

    def words(self) -> bytes:
        """Return the request: a change of something into what it is already would be none."""
        return self.text.replace(b"@ETAG@", self.etag).replace(b"@TURN@", b"%06d" % self.turn)

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer."""
        self.received += data
        reply = read_reply(self.received)
        if reply is not None:
            self.replied(reply)

    def replied(self, reply: Reply) -> None:
        """Count a whole answer and go on."""
        seconds, self.sent_at = perf_counter() - self.sent_at, 0.0
        self.etag = reply.etag or self.etag
        self.load.count(seconds, reply.status)
        if reply.closes and self.transport is not None:
            self.transport.close()
        else:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        """Count what was under way as failed, and connect again while work is left."""
        self.transport = None
        if self.sent_at:
            seconds, self.sent_at = perf_counter() - self.sent_at, 0.0
            self.load.count(seconds, "connection lost")
        if self.load.left > 0:
            self.send()


async def run(load: Load, connections: list[Connection], requests: int) -> float:
    """Do a number of requests over all connections; give the seconds it took."""
    load.begin(requests)
    begun = perf_counter()
    for connection in connections:
        connection.send()
    try:
        await asyncio.wait_for(load.done.wait(), PATIENCE)
    except TimeoutError:
        load.wrong["no answer"] = load.open
    return perf_counter() - begun


async def main() -> None:
    """Follow the plan."""
    plan: dict[str, Any] = json.loads(sys.stdin.readline())
    load = Load(plan["status"])
    etags = plan["etags"] or [""] * len(plan["texts"])
    connections = [
        Connection(load, plan["port"], text, etag)
        for text, etag in zip(plan["texts"], etags, strict=True)
    ]
    await asyncio.gather(*(connection.open() for connection in connections))
    await run(load, connections, plan["warm_up"])
    print("warm", flush=True)
    sys.stdin.readline()
    seconds = await run(load, connections, plan["requests"])
    print(json.dumps({"seconds": seconds, "times": load.times, "wrong": load.wrong}), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
