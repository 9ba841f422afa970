"""What a worker does by itself: no needless queries, a good-bye when it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx

from core import publish
from core.testing import Server, queries, serving
from core.testing.people import sign_up
from tests.core.realtime.conftest import Talking, socket
from tests.patience import within

ROOM = "rooms.room:1"


def asked(seen: Sequence[str]) -> list[str]:
    """Return what was asked for messages; a worker forgets old ones each minute, of itself."""
    return [sql for sql in seen if "realtime" in sql and not sql.startswith("DELETE")]


async def test_a_quiet_worker_asks_the_database_nothing(server: Server, ada: Any) -> None:
    async with socket(server, ada) as here:
        await here.subscribe(ROOM)
        with queries(background=True) as seen:
            await asyncio.sleep(0.5)
        assert asked(seen) == []


async def test_a_message_costs_one_query_however_many_follow(
    server: Server, ada: Any, grace: Any
) -> None:
    async with socket(server, ada) as one, socket(server, grace) as two:
        await one.subscribe(ROOM)
        await two.subscribe(ROOM)
        with queries(background=True) as seen:
            await publish(ROOM, {"n": 1})
            assert (await one.get())["data"] == (await two.get())["data"] == {"n": 1}
        assert len(asked(seen)) == 1


async def test_who_is_connected_is_told_when_the_worker_stops(
    tmp_path: Any, tenfold_environment: dict[str, str]
) -> None:
    environment = {
        **tenfold_environment,
        "TENFOLD_ENABLED": "tests.core.realtime.rooms",
        "TENFOLD_CORE__DATABASE": f"sqlite:///{tmp_path / 'stop.db'}",
    }
    told: list[Any] = []
    worker = serving(environment)
    server = await worker.__aenter__()
    _, token = await sign_up(server, "ada")
    headers = {"authorization": f"Bearer {token}"}
    reading = asyncio.create_task(_read_to_the_end(server, headers, told))
    while not told:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    talking = socket(server, headers=headers)
    here: Talking = await talking.__aenter__()
    await here.subscribe(ROOM)
    listening = asyncio.create_task(_both(here))
    await asyncio.sleep(0)
    async with within(5):
        await worker.__aexit__(None, None, None)
    assert await listening == ({"type": "bye", "retry_after_ms": 1000}, 1012)
    await talking.__aexit__(None, None, None)
    await reading
    assert "event: bye" in told


async def _both(here: Talking) -> tuple[dict[str, Any], int]:
    return await here.get(), await here.closed()


async def _read_to_the_end(server: Server, headers: dict[str, str], told: list[Any]) -> None:
    asked = {"channels": ROOM}
    async with httpx.AsyncClient(timeout=60, base_url=server.url, headers=headers) as client:
        path = "/api/v1/realtime/events"
        async with client.stream("GET", path, params=asked) as answer:
            async for line in answer.aiter_lines():
                told.append(line)  # noqa: PERF401
