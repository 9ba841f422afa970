"""What docs/realtime.md shows works as it is shown."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

from core import publish
from core.testing import Server

PAGE = Path(__file__).parents[3] / "docs" / "realtime.md"
ROOM = "rooms.room:page"


def token_of(person: Any) -> str:
    return str(person.headers["authorization"].removeprefix("Bearer "))


async def said(process: asyncio.subprocess.Process, text: bytes) -> None:
    """Publish until the process has printed ``text``."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while text not in await process.stdout.readline():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_the_client_follows_a_channel(server: Server, ada: Any, tmp_path: Path) -> None:
    (example,) = re.findall(r"<!-- tested -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "follow.py").write_text(example)
    url = server.url.replace("http", "ws")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(tmp_path / "follow.py"),
        url,
        token_of(ada),
        ROOM,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await said(process, b"'subscribed'")
        await publish(ROOM, {"n": 7})
        await said(process, b"{'n': 7}")
    finally:
        process.kill()
        await process.wait()


async def test_curl_follows_a_channel(server: Server, ada: Any) -> None:
    (command,) = re.findall(r"^curl .*$", PAGE.read_text(), re.MULTILINE)
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        "exec " + command.replace("todo.project:12", ROOM),
        env={"TOKEN": token_of(ada), "URL": server.url, "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await said(process, b"event: subscribed")
        await publish(ROOM, {"n": 7})
        await said(process, b'"data":{"n":7}')
    finally:
        process.kill()
        await process.wait()
