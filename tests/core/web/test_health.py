"""Whether the server is alive, and whether it is well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.errors import Unavailable
from core.web import health


@pytest.fixture
def say(server: Any, monkeypatch: Any) -> Callable[..., None]:
    """Return a function that gives plugins a health hook: ``say(todo=hook)``."""
    call = server.plugins.call

    def say(**hooks: Any) -> None:
        def answers(hook: str, **given: Any) -> Iterator[tuple[str, Any]]:
            if hook != "health":
                yield from call(hook, **given)
                return
            yield from ((name, hook()) for name, hook in hooks.items())

        monkeypatch.setattr(server.plugins, "call", answers)

    return say


async def well() -> None:
    return None


async def ill() -> None:
    raise ConnectionError("postgres://user:secret@10.0.0.1")


async def sorry() -> None:
    raise Unavailable("The mail server does not answer.")


async def hanging() -> None:
    await asyncio.sleep(60)


async def test_live_touches_nothing(client: Any, count_queries: Any, say: Any) -> None:
    say(todo=hanging)
    count_queries()
    for method in ("GET", "HEAD"):
        answer = await client.request(method, "/health/live")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
    assert (await client.get("/health/live?from=probe")).json() == {"status": "ok"}
    assert count_queries() == []


async def test_ready_says_that_all_is_well(client: Any, say: Any) -> None:
    say(todo=well)
    answer = await client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"database": "ok", "todo": "ok"}}
    assert (await client.head("/health/ready")).status_code == 200


async def test_ready_names_the_sick_plugin_without_telling_secrets(
    client: Any, say: Any, caplog: pytest.LogCaptureFixture
) -> None:
    say(todo=ill, mail=sorry, shop=well)
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "ill",
        "checks": {
            "database": "ok",
            "todo": "ConnectionError",
            "mail": "The mail server does not answer.",
            "shop": "ok",
        },
    }
    assert "postgres://user:secret@10.0.0.1" in caplog.text


async def test_ready_does_not_wait_for_a_hanging_plugin(
    client: Any, say: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    say(todo=hanging, shop=hanging, mail=well)
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["todo"] == "gave no answer within 0.1 seconds"
    assert answer.json()["checks"]["mail"] == "ok"
    assert answer.elapsed.total_seconds() < 20


class Asked:
    """Counts who asks, and keeps the plugins from answering before so many have come."""

    def __init__(self, server: Any, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
        self.plugins, self._came, self._many = 0, 0, many
        self.all_came, self.may_answer = asyncio.Event(), asyncio.Event()
        self._answers = server.app.ctx.rounds.answers
        monkeypatch.setattr(health, "PATIENCE", 30)
        monkeypatch.setattr(server.app.ctx.rounds, "answers", self._count)

    async def _count(self) -> Any:
        self._came += 1
        if self._came == self._many:
            self.all_came.set()
        return await self._answers()

    async def plugin(self) -> None:
        """Answer for a plugin."""
        self.plugins += 1
        await self.may_answer.wait()


async def test_who_asks_meanwhile_is_told_the_same_and_nobody_is_asked_twice(
    server: Any, client: Any, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(server, monkeypatch, 10)
    say(todo=asked.plugin)
    asking = asyncio.gather(*(client.get("/health/ready") for _ in range(10)))
    await asked.all_came.wait()
    asked.may_answer.set()
    assert {each.status_code for each in await asking} == {200}
    assert asked.plugins == 1
    assert (await client.get("/health/ready")).status_code == 200
    assert asked.plugins == 2, "an answer is never an old one"


async def test_who_goes_away_takes_nobody_s_answer_along(
    server: Any, client: Any, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(server, monkeypatch, 2)
    say(todo=asked.plugin)
    leaving = asyncio.create_task(client.get("/health/ready"))
    while not asked.plugins:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    staying = asyncio.create_task(client.get("/health/ready"))
    await asked.all_came.wait()
    leaving.cancel()
    await asyncio.sleep(0.1)
    asked.may_answer.set()
    assert (await staying).json() == {"status": "ok", "checks": {"database": "ok", "todo": "ok"}}


async def test_ready_says_when_the_database_is_away(client: Any, monkeypatch: Any) -> None:
    class Away:
        async def fetch(self, sql: str) -> None:
            raise OSError("no route to host")

    monkeypatch.setattr(health, "engine", Away)
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "OSError")
