"""Requests that two servers could read in two ways, in every combination: none hides another.

Each vector carries a second request behind what a lenient server would take for the end of the
first. Answered once, with a refusal, it was not seen.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import product

from tests.campaign.conftest import FULL, Figures
from tests.campaign.database import titles
from tests.campaign.deployment import TASKS, Deployment

AT_ONCE = 20
LENGTH, CHUNKED = b"Content-Length: 5", b"Transfer-Encoding: chunked"
PATIENCE, SILENCE = 30.0, 0.5
"""Seconds until a refusal and the end that follows it; and without which all has been said."""
MUTATIONS = 20_000 if FULL else 1_000
NAMES = (b"Content-Length", b"Transfer-Encoding")
BEFORE_COLON = (b" ", b"\t", b"\x0b", b"\0", b"\r", b"\xa0", b"\x1f", b"()")
BEFORE_NAME = (b" ", b"\t", b"\0", b"\r", b"\n", b"\xef\xbb\xbf", b"\x7f")
LENGTHS = (
    b"", b"-1", b"+5", b"5,5", b"5, 6", b"5 6", b"0x5", b"5.0", b"5e0", b"1_0", b"\xb5", b"5;x",
    b'"5"', b"5\0", b"\x0b5", b"five", b"9" * 30, b"5\r", "５".encode(), b"\xa05", b"5\x0c",
)  # fmt: skip
ENCODINGS = (
    b"", b"gzip", b"identity", b"gzip, chunked", b"chunked, gzip", b"chunked, chunked", b"xchunked",
    b"chunkedx", b'"chunked"', b"chunked;q=1", b"\x0bchunked", b"chunked\0", b"\xa0chunked",
    b"chunked,", b",chunked", b"chun ked", b"c\rhunked", b"identity, chunked", b"chunked\x0c",
)  # fmt: skip
CHUNKS = (
    b"-1\r\nhello", b"+5\r\nhello", b"0x5\r\nhello", b"5_\r\nhello", b"1_0\r\nhello", b"\r\nhello",
    b" 5\r\nhello", b"5 \r\nhello", b"5\nhello", b"5\rhello", b"5\n\r\nhello", b"g\r\nhello",
    b"5;\0\r\nhello", b"5;a\nb\r\nhello", b"5;a\rb\r\nhello", b"5;" + b"x" * 5000 + b"\r\nhello",
    b"0005\0\r\nhello", b"ffffffffffffffff5\r\nhello", b"100000005\r\nhello", b"5\r\nhelloX",
    b"5\r\nhello\n", b"5\r\nhello\r", b"5\r\nhelloXX", b"5\r\nhello\n\n", b"5\r\nhell",
    b"5,5\r\nhello", b"5 5\r\nhello", b"\xb5\r\nhello", "５\r\nhello".encode(),
)  # fmt: skip
ENDS = (b"0\r\nX: y\r\n\r\n", b"0\r\n \r\n", b"0\r\nTransfer-Encoding: x\r\n\r\n", b"00\nX\r\n\r\n")
LINES = (
    b"POST  %b HTTP/1.1", b"POST\t%b HTTP/1.1", b"POST %b\tHTTP/1.1", b"POST %b HTTP/1.1 ",
    b" POST %b HTTP/1.1", b"POST %b HTTP/1.2", b"POST %b HTTP/2.0", b"POST %b HTTP/0.9",
    b"POST %b", b"POST %b http/1.1", b"POST %b HTTP/1.1\0", b"P(ST %b HTTP/1.1",
    b"POST %b\0 HTTP/1.1",
    b"POST %b HTTP/1.10", b"POST %b HTTP/1", b"\0POST %b HTTP/1.1", b"POST %b?\xff HTTP/1.1",
)  # fmt: skip


class Vectors:
    """Makes them; each has a name for the hidden task that would give it away."""

    def __init__(self, token: str) -> None:
        self._token, self.number = token.encode(), 0
        self._path = TASKS.encode()

    def every(self) -> Iterator[bytes]:
        """Yield all of them."""
        yield from self._names()
        yield from self._values()
        yield from self._lines()
        for chunk in CHUNKS:
            yield self.chunks(chunk + b"\r\n0\r\n\r\n")
        for end in ENDS:
            yield self.chunks(b"5\r\nhello\r\n" + end)

    def _names(self) -> Iterator[bytes]:
        """Yield what stands around the name of a header."""
        for name, odd in product(NAMES, BEFORE_COLON):
            value = b"5" if name is NAMES[0] else b"chunked"
            yield self.head(b"%b%b: %b" % (name, odd, value))
        for name, odd in product(NAMES, BEFORE_NAME):
            yield self.head(b"X: y", b"%b%b: 5" % (odd, name))

    def _values(self) -> Iterator[bytes]:
        """Yield lengths and encodings, alone and together."""
        for value in LENGTHS:
            yield self.head(b"Content-Length: " + value)
            yield self.head(b"Content-Length: " + value, LENGTH)
        for value in ENCODINGS:
            yield self.head(b"Transfer-Encoding: " + value)
            yield self.head(b"Transfer-Encoding: " + value, LENGTH)
            yield self.head(LENGTH, b"Transfer-Encoding: " + value)
        for pair in product((LENGTH, CHUNKED, b"Content-Length: 6"), repeat=2):
            yield self.head(*pair)

    def _lines(self) -> Iterator[bytes]:
        """Yield first lines, Hosts, and lines that are none."""
        for hosts in ((), (b"Host: a", b"Host: b"), (b"Host: a", b"hOST: a")):
            yield self.head(LENGTH, hosts=hosts)
        for line in LINES:
            yield self.head(LENGTH, line=line % self._path)
        for text in (b"X: a\0b", b"X: a\nContent-Length: 5", b"X: a\rb", b"X", b": y", b"X y: z"):
            yield self.head(text)
        for fold in (b"X: a\r\n b: c", b"X: a\r\n\tContent-Length: 5"):
            yield self.head(fold, LENGTH)

    def head(
        self, *lines: bytes, hosts: tuple[bytes, ...] = (b"Host: a",), line: bytes = b""
    ) -> bytes:
        first = line or b"POST %b HTTP/1.1" % self._path
        return b"\r\n".join([first, *hosts, *self._common(), *lines, b"", b""]) + self._hidden()

    def chunks(self, body: bytes) -> bytes:
        lines = [b"POST %b HTTP/1.1" % self._path, b"Host: a", *self._common()]
        head = b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", b""])
        return head + body + self._hidden()

    def mutated(self, seed: int) -> bytes:
        """Return a vector with some bytes changed, left out or put in."""
        chance = random.Random(seed)
        whole = list(self.every())
        made = bytearray(chance.choice(whole))
        end = made.find(b"\r\n\r\n") if chance.random() < 0.8 else len(made)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(max(1, end))
            made[at : at + chance.randint(0, 1)] = chance.choice(
                (b"\r", b"\n", b"\0", b" ", b":", b"\t", b"\r\n", b"5", b";", b"\xff")
            )
        return bytes(made)

    def _common(self) -> list[bytes]:
        return [b"Authorization: Bearer " + self._token, b"Content-Type: application/json"]

    def _hidden(self) -> bytes:
        self.number += 1
        body = b'{"title": "smuggled %d"}' % self.number
        lines = [b"POST %b HTTP/1.1" % self._path, b"Host: a", *self._common()]
        return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


async def ask(
    deployment: Deployment, vector: bytes, limit: float = PATIENCE, most: int = 99
) -> list[int]:
    """Send one and return the statuses of ``most`` answers, or of those until the end or limit."""
    reader, writer = await asyncio.open_connection("127.0.0.1", deployment.port)
    found = b""
    try:
        with suppress(ConnectionError, TimeoutError):
            writer.write(vector)
            async with asyncio.timeout(limit):
                while len(statuses(found)) < most and (piece := await reader.read(65536)):
                    found += piece
    finally:
        writer.close()
    return statuses(found)


def statuses(found: bytes) -> list[int]:
    """Return the status of each answer in what came."""
    return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", found)]


async def ask_all(
    deployment: Deployment, vectors: list[bytes], limit: float = PATIENCE
) -> list[tuple[bytes, list[int]]]:
    """Send them, some at a time."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(vector: bytes) -> tuple[bytes, list[int]]:
        async with turns:
            return vector, await ask(deployment, vector, limit)

    return await asyncio.gather(*map(one, vectors))


async def test_no_request_hides_another(lasting: Deployment, figures: Figures) -> None:
    maker = Vectors(lasting.token)
    plain = maker.head(b"Content-Length: 2").replace(b"\r\n\r\n", b"\r\n\r\n{}", 1)
    assert await ask(lasting, plain, most=2) == [422, 201], "an honest second request is answered"
    vectors = list(maker.every())
    answers = await ask_all(lasting, vectors)
    seen = [(vector, told) for vector, told in answers if told != [400]]
    smuggled = [title for title in await titles(lasting.database) if "smuggled" in title]
    smuggled.remove("smuggled 1")
    figures(f"framing: vectors: {len(vectors)}, smuggled: {len(smuggled)}")
    assert not smuggled
    assert not seen, seen[:3]


async def test_no_random_change_ends_in_a_mistake_of_ours(
    lasting: Deployment, figures: Figures
) -> None:
    maker = Vectors(lasting.token)
    vectors = [maker.mutated(seed) for seed in range(MUTATIONS)]
    answers = await ask_all(lasting, vectors, SILENCE)
    ours = [vector for vector, told in answers if any(each >= 500 for each in told)]
    figures(f"framing: changed at random: {len(answers)}, 5xx: {len(ours)}")
    assert not ours, ours[:3]
