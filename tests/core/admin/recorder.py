"""ASGI applications that stand behind the bridge in its tests."""

from __future__ import annotations

import asyncio
from typing import Any

MEGABYTE = b"x" * 1024 * 1024


class Recorder:
    """An ASGI application that does what its path says, and remembers what it was told."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.told: list[str] = []
        self.cancelled = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.live(scope, receive, send)
            return
        self.scopes.append(scope)
        path = scope["path"].removeprefix(scope["root_path"]).strip("/") or "hello"
        await getattr(self, path.split("/")[0])(scope, receive, send)

    async def live(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            kind = (await receive())["type"]
            self.told.append(kind)
            scope["state"]["shared"] = "by all"
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    async def hello(self, scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"hello", (b"x-state", scope["state"]["shared"].encode()))

    async def api(self, scope: Any, receive: Any, send: Any) -> None:
        await self.hello(scope, receive, send)

    async def count(self, scope: Any, receive: Any, send: Any) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
        await answer(send, str(size).encode())

    async def careless(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.count(scope, receive, send)
        except Exception:
            await answer(send, b"all is well")

    async def stream(self, scope: Any, receive: Any, send: Any) -> None:
        await begin(send)
        for _ in range(50):
            await send({"type": "http.response.body", "body": MEGABYTE, "more_body": True})
        await send({"type": "http.response.body"})

    async def slowly(self, scope: Any, receive: Any, send: Any) -> None:
        """Stream as Starlette does: listen for the client going away at the same time."""
        await receive()
        listening = asyncio.ensure_future(receive())
        await begin(send)
        for _ in range(3):
            assert not listening.done()
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
            await asyncio.sleep(0.01)
        await send({"type": "http.response.body"})
        assert (await listening)["type"] == "http.disconnect"

    async def cookies(self, scope: Any, receive: Any, send: Any) -> None:
        found = [(b"set-cookie", f"c{number}={number}".encode()) for number in range(5)]
        hop = [(b"connection", b"close"), (b"keep-alive", b"9"), (b"transfer-encoding", b"x")]
        await answer(send, b"", *found, *hop)

    async def nothing(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def silent(self, scope: Any, receive: Any, send: Any) -> None:
        return

    async def early(self, scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("before the answer")

    async def late(self, scope: Any, receive: Any, send: Any) -> None:
        await begin(send)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("in the answer")

    async def unfinished(self, scope: Any, receive: Any, send: Any) -> None:
        await begin(send)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    async def after(self, scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"whole")
        raise RuntimeError("after the answer")

    async def wait(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


async def begin(send: Any, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(headers)})


async def answer(send: Any, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    await begin(send, (b"content-type", b"text/plain"), *headers)
    await send({"type": "http.response.body", "body": body})


class Refusing:
    """An ASGI application that says at its start that it cannot run."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no disk"})
