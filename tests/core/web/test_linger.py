"""The end of a connection on which too much is sent."""

from __future__ import annotations

from typing import Any

from core.web import linger
from tests.core.web.wire import send, statuses
from tests.patience import within

HEAD = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n"


async def test_who_says_no_more_is_let_go_soon(server: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(linger, "PATIENCE", 0.2)
    async with within(2):
        assert statuses(await send(server, HEAD)) == [413]


async def test_who_sends_far_too_much_is_cut_off(server: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(linger, "MOST", 100_000)
    assert statuses(await send(server, HEAD))[:1] == [413]
