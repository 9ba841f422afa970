"""Many sockets that follow a room, in a process of their own that does little else.

``python ears.py PORT TOKEN ROOM COUNT``. Prints ``ready`` when all are let in. When its standard
input says how many messages there were, it waits until each socket has as many and nothing more
comes, then prints for each what it got: pairs of the number of a message and the milliseconds from
the moment in its text to the bytes' arrival here.

A socket of a library costs this process ten times what a delivery costs the server, and what would
be measured on a small machine is the library.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

SILENCE, PATIENCE = 1.0, 60.0
TEXT = 0x81
PING, PONG = b"\x89\x00", b"\x8a\x80\0\0\0\0"


def opened(port: int, token: str, room: str) -> socket.socket:
    """Shake hands and subscribe."""
    made = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.sendall(
        f"GET /api/v1/realtime/ws HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nupgrade: websocket\r\n"
        f"connection: Upgrade\r\nsec-websocket-version: 13\r\nauthorization: Bearer {token}\r\n"
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    got = b""
    while b"\r\n\r\n" not in got:
        got += made.recv(4096)
    assert got.startswith(b"HTTP/1.1 101 "), got
    said = json.dumps({"type": "subscribe", "channels": [room]}).encode()
    assert len(said) < 126
    made.sendall(bytes([0x81, 0x80 | len(said), 0, 0, 0, 0]) + said)
    answer = made.recv(4096)
    assert b'"subscribed"' in answer, answer
    made.setblocking(False)
    return made


def listen(sockets: list[socket.socket]) -> list[list[tuple[float, bytes]]]:
    """Return what each socket gets, and when, until all is there and silent, or at the end."""
    poll, by_number = select.epoll(), {each.fileno(): each for each in sockets}
    got: dict[int, list[tuple[float, bytes]]] = {number: [] for number in by_number}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    said, end, spoken = None, float("inf"), time.time()
    while True:
        for number, _ in poll.poll(SILENCE):
            if number in by_number:
                data = by_number[number].recv(8192)
                got[number].append((time.time(), data))
                if not data:
                    poll.unregister(number)
                elif data[:2] == PING:  # not what silence is measured by: each socket has its own
                    by_number[number].send(PONG)
                else:
                    spoken = time.time()
            else:
                said, end = int(sys.stdin.readline()), time.time() + PATIENCE
                poll.unregister(number)
        is_silent = said is not None and time.time() > spoken + SILENCE
        if is_silent and (time.time() > end or whole(got.values(), said or 0)):
            return list(got.values())


def whole(got: Iterable[list[tuple[float, bytes]]], said: int) -> bool:
    """Tell whether each socket has as many messages as were said."""
    return all(len(list(heard(parts))) >= said for parts in got)


def frames(parts: list[tuple[float, bytes]]) -> Iterator[tuple[float, bytes]]:
    """Yield the text frames in what came, with the moment at which each was whole."""
    waiting = b""
    for moment, data in parts:
        waiting += data
        while (place := payload(waiting)) and place.stop <= len(waiting):
            if waiting[0] == TEXT:
                yield moment, waiting[place]
            waiting = waiting[place.stop :]


def payload(data: bytes) -> slice | None:
    """Return where the payload of the first frame is; no message here has 64 KiB."""
    if len(data) >= 2 and data[1] < 126:
        return slice(2, 2 + data[1])
    return slice(4, 4 + int.from_bytes(data[2:4], "big")) if len(data) >= 4 else None


def heard(parts: list[tuple[float, bytes]]) -> Iterator[tuple[int, float]]:
    """Yield the number of each message, and how long it took."""
    for moment, text in frames(parts):
        message: Any = json.loads(text)
        if message["type"] == "message":
            data = message["data"]
            yield data["n"], (moment - float(data["text"])) * 1000


def main(port: str, token: str, room: str, count: str) -> None:
    """Open the sockets and listen."""
    sockets = [opened(int(port), token, room) for _ in range(int(count))]
    print("ready", flush=True)
    for parts in listen(sockets):
        print(json.dumps(list(heard(parts))))


if __name__ == "__main__":
    main(*sys.argv[1:])
