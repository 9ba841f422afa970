"""A server that takes messages, for one test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

ANSWER = "HTTP/1.1 {} x\r\ncontent-length: {}\r\n\r\n{}"


class Receiver:
    """Remembers what it was sent; answers ``statuses``, one after the other, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.statuses: list[int] = []
        self.answer = "thanks"
        self.before_answer: list[Callable[[], Awaitable[Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []

    @property
    def messages(self) -> list[Any]:
        """The messages that came."""
        return [json.loads(body) for body in self.bodies]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = [line.split(": ", 1) for line in head.split("\r\n")[1:] if line]
        headers = {name.lower(): value for name, value in lines}
        self.headers.append(headers)
        self.bodies.append(await reader.readexactly(int(headers["content-length"])))
        if self.before_answer:
            await self.before_answer.pop(0)()
        status = self.statuses.pop(0) if self.statuses else 200
        writer.write(ANSWER.format(status, len(self.answer), self.answer).encode())
        await writer.drain()
        writer.close()
