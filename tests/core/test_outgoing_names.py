"""Names that users choose are looked up where that holds up nobody else."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from core.outgoing.connecting import resolve


class Unanswered:
    """A name server that answers for nothing but ``sound.example`` until it is told to."""

    def __init__(self) -> None:
        self.asked, self.answering = threading.Semaphore(0), threading.Event()

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host != "sound.example":
            self.asked.release()
            self.answering.wait(30)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unanswered]:
    server = Unanswered()
    monkeypatch.setattr(socket, "getaddrinfo", server)
    yield server
    server.answering.set()


async def test_a_name_server_that_does_not_answer_holds_up_nobody(server: Unanswered) -> None:
    asking = [asyncio.create_task(resolve(f"{number}.example", 80)) for number in range(20)]
    for _ in asking:
        assert await asyncio.to_thread(server.asked.acquire, timeout=5)
    assert await asyncio.wait_for(resolve("sound.example", 80), 5) == ["192.0.2.1"]
    server.answering.set()
    assert await asyncio.gather(*asking) == [["192.0.2.1"]] * 20
