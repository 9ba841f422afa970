"""The cases of the Autobahn test suite, groups 1 to 7 and 10, by its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.core.realtime.wire import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    close,
    frame,
)

KAPPA = "Hello-µ@ßöäüàá-UTF-8!!".encode()
GREEK = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
BAD = GREEK + b"\xed\xa0\x80" + b"edited"


@dataclass(frozen=True)
class Case:
    """What is sent, in pieces of ``chop`` bytes; what comes back; the code it all ends with.

    ``code``: None where the client closes in the end with 1000 and gets that back; several where
    the RFC leaves a choice; 0 where the code is absent.
    """

    number: str
    send: bytes
    back: list[tuple[int, bytes]] = field(default_factory=list)
    code: int | tuple[int, ...] | None = None
    chop: int = 0


def framing() -> Iterator[Case]:
    """1: text and binary of every length class; 2: pings; 9.x's sizes are in 10 and here."""
    sizes = (0, 125, 126, 127, 128, 65535, 65536)
    for group, opcode, byte in ((1, TEXT, b"*"), (2, BINARY, b"\xfe")):
        for place, size in enumerate(sizes, 1):
            data = byte * size
            yield Case(f"1.{group}.{place}", frame(opcode, data), [(opcode, data)])
        data = byte * 65536
        yield Case(f"1.{group}.8", frame(opcode, data), [(opcode, data)], chop=997)


def pings() -> Iterator[Case]:
    payloads = (b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125)
    for place, data in enumerate(payloads, 1):
        yield Case(f"2.{place}", frame(PING, data), [(PONG, data)])
    yield Case("2.5", frame(PING, b"\xfe" * 126), [], 1002)
    yield Case("2.6", frame(PING, b"\xfe" * 125), [(PONG, b"\xfe" * 125)], chop=1)
    yield Case("2.7", frame(PONG))
    yield Case("2.8", frame(PONG, b"unsolicited pong payload"))
    unasked = frame(PONG, b"unsolicited pong payload") + frame(PING, b"ping payload")
    yield Case("2.9", unasked, [(PONG, b"ping payload")])
    ten = [b"payload-%d" % number for number in range(10)]
    many = b"".join(frame(PING, each) for each in ten)
    yield Case("2.10", many, [(PONG, each) for each in ten])
    yield Case("2.11", many, [(PONG, each) for each in ten], chop=1)


def reserved() -> Iterator[Case]:
    """3: reserved bits; 4: reserved opcodes."""
    hello, echoed = frame(TEXT, b"Hello, world!"), [(TEXT, b"Hello, world!")]
    yield Case("3.1", frame(TEXT, b"Hello, world!", rsv=1), [], 1002)
    yield Case("3.2", hello + frame(TEXT, b"Hello, world!", rsv=2) + frame(PING), echoed, 1002)
    bad = frame(TEXT, b"Hello, world!", rsv=3) + frame(PING)
    yield Case("3.3", hello + bad, echoed, 1002)
    bad = frame(TEXT, b"Hello, world!", rsv=4) + frame(PING)
    yield Case("3.4", hello + bad, echoed, 1002, chop=1)
    yield Case("3.5", frame(BINARY, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", rsv=5), [], 1002)
    yield Case("3.6", frame(PING, b"Hello, world!", rsv=6), [], 1002)
    yield Case("3.7", frame(CLOSE, rsv=7), [], 1002)
    for group, first in ((1, 3), (2, 11)):
        for place in range(5):
            opcode = first + place
            data = b"" if place == 0 else b"reserved opcode payload"
            bad = frame(opcode, data if place % 2 or place == 4 else b"") + frame(PING)
            if place < 2:
                yield Case(f"4.{group}.{place + 1}", frame(opcode, data), [], 1002)
            else:
                chop = 1 if place == 3 else 0
                yield Case(f"4.{group}.{place + 1}", hello + bad, echoed, 1002, chop)


def fragments() -> Iterator[Case]:
    """5: fragmented messages, and control frames between the fragments."""
    one, two = frame(TEXT, b"fragment1", fin=False), frame(CONT, b"fragment2")
    both = [(TEXT, b"fragment1fragment2")]
    ping, pong = frame(PING, b"ping payload"), (PONG, b"ping payload")
    yield Case("5.1", frame(PING, b"fragment1", fin=False) + two, [], 1002)
    yield Case("5.2", frame(PONG, b"fragment1", fin=False) + two, [], 1002)
    yield Case("5.3", one + two, both)
    yield Case("5.4", one + two, both, chop=1)
    yield Case("5.5", one + two, both, chop=2)
    yield Case("5.6", one + ping + two, [pong, *both])
    yield Case("5.7", one + ping + two, [pong, *both], chop=3)
    yield Case("5.8", one + ping + two, [pong, *both], chop=1)
    stray = frame(CONT, b"non-continuation payload", fin=True)
    hello = frame(TEXT, b"Hello, world!")
    yield Case("5.9", stray + hello, [], 1002)
    yield Case("5.10", stray + hello, [], 1002, 5)
    yield Case("5.11", stray + hello, [], 1002, 1)
    stray = frame(CONT, b"non-continuation payload", fin=False)
    yield Case("5.12", stray + hello, [], 1002)
    yield Case("5.13", stray + hello, [], 1002, 5)
    yield Case("5.14", stray + hello, [], 1002, 1)
    after = frame(CONT, b"fragment3", fin=False) + frame(TEXT, b"fragment4")
    yield Case("5.15", one + two + after, both, 1002)
    loop = frame(CONT, b"fragment1", fin=False) + frame(TEXT, b"fragment2", fin=False) + two
    yield Case("5.16", loop * 2, [], 1002)
    loop = frame(CONT, b"fragment1") + frame(TEXT, b"fragment2", fin=False) + two
    yield Case("5.17", loop * 2, [], 1002)
    yield Case("5.18", one + frame(TEXT, b"fragment2"), [], 1002)
    five = (
        one
        + frame(CONT, b"fragment2", fin=False)
        + frame(PING, b"pongme 1!")
        + frame(CONT, b"fragment3", fin=False)
        + frame(CONT, b"fragment4", fin=False)
        + frame(PING, b"pongme 2!")
        + frame(CONT, b"fragment5")
    )
    whole = (TEXT, b"fragment1fragment2fragment3fragment4fragment5")
    yield Case("5.19", five, [(PONG, b"pongme 1!"), (PONG, b"pongme 2!"), whole])
    yield Case("5.20", five, [(PONG, b"pongme 1!"), (PONG, b"pongme 2!"), whole], chop=1)


VALID = {
    "6.5": [b"\x63", GREEK, "¢€".encode(), b"\xf0\x90\x8d\x88", b"\x7f"],
    "6.6": [b"\xce\xba", b"\xce\xba\xe1\xbd\xb9", GREEK],
    "6.7": [b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"],
    "6.9": [b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"],
    "6.11": [b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf"],
    "6.22": [
        bytes(f"{chr(plane * 0x10000 + last)}", "utf-8")
        for plane in range(17)
        for last in (0xFFFE, 0xFFFF)
    ],
    "6.23": [
        b"\xef\xbf\xb9",
        b"\xef\xbf\xba",
        b"\xef\xbf\xbb",
        b"\xef\xbf\xbc",
        b"\xef\xbf\xbd",
        b"\xef\xbf\xbe",
        b"\xef\xbf\xbf",
    ],
}
INVALID = {
    "6.6": [GREEK[:length] for length in (1, 3, 4, 6, 8, 10)],
    "6.8": [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"],
    "6.10": [b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"],
    "6.11": [b"\xf4\x90\x80\x80"],
    "6.12": [b"\x80", b"\xbf", *(b"\x80\xbf\x80\xbf\x80\xbf\x80"[:n] for n in range(2, 8))],
    "6.13": [
        b"".join(bytes([lead, 0x20]) for lead in range(first, last))
        for first, last in ((0xC0, 0xE0), (0xE0, 0xF0), (0xF0, 0xF8), (0xF8, 0xFC), (0xFC, 0xFE))
    ],
    "6.14": [
        b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80",
        b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf",
    ],
    "6.15": [b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf"],
    "6.16": [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"],
    "6.17": [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
             b"\xfc\x80\x80\x80\x80\xaf"],
    "6.18": [b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf",
             b"\xfc\x83\xbf\xbf\xbf\xbf"],
    "6.19": [b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80",
             b"\xfc\x80\x80\x80\x80\x80"],
    "6.20": [b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80",
             b"\xed\xbe\x80", b"\xed\xbf\xbf"],
    "6.21": [
        high + low
        for high in (b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf")
        for low in (b"\xed\xb0\x80", b"\xed\xbf\xbf")
    ],
}  # fmt: skip


def text() -> Iterator[Case]:
    """6: UTF-8, whole, in fragments that cut characters, and wrong."""
    yield Case("6.1.1", frame(TEXT), [(TEXT, b"")])
    empty = frame(TEXT, fin=False) + frame(CONT, fin=False)
    yield Case("6.1.2", empty + frame(CONT), [(TEXT, b"")])
    some = frame(TEXT, fin=False) + frame(CONT, b"middle frame payload", fin=False) + frame(CONT)
    yield Case("6.1.3", some, [(TEXT, b"middle frame payload")])
    yield Case("6.2.1", frame(TEXT, KAPPA), [(TEXT, KAPPA)])
    halves = frame(TEXT, KAPPA[:7], fin=False) + frame(CONT, KAPPA[7:])
    yield Case("6.2.2", halves, [(TEXT, KAPPA)])
    yield Case("6.2.3", in_bytes(KAPPA), [(TEXT, KAPPA)])
    yield Case("6.2.4", in_bytes(GREEK), [(TEXT, GREEK)])
    yield Case("6.3.1", frame(TEXT, BAD), [], 1007)
    yield Case("6.3.2", in_bytes(BAD), [], 1007)
    for group, valid in VALID.items():
        for place, data in enumerate(valid, 1):
            yield Case(f"{group}.valid.{place}", frame(TEXT, data), [(TEXT, data)])
    for group, invalid in INVALID.items():
        for place, data in enumerate(invalid, 1):
            yield Case(f"{group}.invalid.{place}", frame(TEXT, data), [], 1007)


def in_bytes(data: bytes) -> bytes:
    """Return a text in fragments of one byte each."""
    *parts, last = [data[at : at + 1] for at in range(len(data))]
    kinds = [TEXT] + [CONT] * len(parts)
    head = b"".join(frame(kinds[at], part, fin=False) for at, part in enumerate(parts))
    return head + frame(CONT, last)


def closing() -> Iterator[Case]:
    """7: closing, with codes good and bad."""
    hello, echoed = frame(TEXT, b"Hello World!"), [(TEXT, b"Hello World!")]
    yield Case("7.1.1", hello + close(1000), echoed, 1000)
    yield Case("7.1.2", close(1000) + close(1000), [], 1000)
    yield Case("7.1.3", close(1000) + frame(PING), [], 1000)
    yield Case("7.1.4", close(1000) + hello, [], 1000)
    # so that the code is sure to arrive though much was still on its way
    yield Case("7.1.6", frame(TEXT, b"*" * 262144) + hello + close(1000) + frame(PING), [
        (TEXT, b"*" * 262144), *echoed
    ], 1000)  # fmt: skip
    yield Case("7.3.1", close(), [], 0)
    yield Case("7.3.2", frame(CLOSE, b"a"), [], 1002)
    yield Case("7.3.3", close(1000), [], 1000)
    yield Case("7.3.4", close(1000, b"Hello World!"), [], 1000)
    yield Case("7.3.5", close(1000, b"*" * 123), [], 1000)
    yield Case("7.3.6", close(1000, b"*" * 124), [], 1002)
    yield Case("7.5.1", close(1000, BAD), [], (1002, 1007))
    good = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    for place, code in enumerate(good, 1):
        yield Case(f"7.7.{place}", close(code), [], code)
    bad = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
    for place, code in enumerate(bad, 1):
        yield Case(f"7.9.{place}", close(code), [], 1002)
    for place, code in enumerate((5000, 65535), 1):
        yield Case(f"7.13.{place}", close(code), [], 1002)


def various() -> Iterator[Case]:
    """10: a message in many small frames."""
    data = b"*" * 65536
    kinds = [TEXT] + [CONT] * 50
    parts = [data[at : at + 1300] for at in range(0, len(data), 1300)]
    sent = b"".join(
        frame(kinds[at], part, fin=at == len(parts) - 1) for at, part in enumerate(parts)
    )
    yield Case("10.1.1", sent, [(TEXT, data)])


CASES = [*framing(), *pings(), *reserved(), *fragments(), *text(), *closing(), *various()]
