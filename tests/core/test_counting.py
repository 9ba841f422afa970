"""What a test is told about the SQL that it made run."""

from __future__ import annotations

import asyncio
from typing import Any

from core.db.engine import engine
from core.testing import queries


async def test_what_a_server_reads_by_itself_is_not_counted(
    client: Any, count_queries: Any
) -> None:
    with queries(background=True) as everything:
        for _ in range(600):
            await asyncio.sleep(0.05)
            if any("core_cache_change" in sql for sql in everything):
                break
    assert everything
    assert count_queries() == []


async def test_what_a_request_and_the_test_itself_ask_is_counted(
    ada: Any, count_queries: Any
) -> None:
    count_queries()
    assert (await ada.get("/api/v1/auth/me")).status_code == 200
    assert any("auth_user" in sql for sql in count_queries())
    await asyncio.gather(engine().fetch("SELECT 1"), engine().fetch("SELECT 2"))
    assert sorted(count_queries()) == ["SELECT 1", "SELECT 2"]
    assert count_queries() == []


async def test_only_what_runs_inside_the_block_is_counted(client: Any) -> None:
    with queries() as seen:
        await engine().fetch("SELECT 1")
    await engine().fetch("SELECT 2")
    assert seen == ["SELECT 1"]
