"""Visits of short links: every one counted, none twice, and what a kill can lose is told."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from tests.campaign.conftest import FULL, Figures
from tests.campaign.deployment import Deployment
from tests.campaign.visiting import LINKS, MANY, add, counted, percentile, read, visit

VISITORS, MOST = 500, 10
BREAK = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
UNWRITTEN = re.compile(r"^tenfold_shortener_unwritten_visits\S* (\S+)$", re.MULTILINE)


async def test_every_visit_is_counted_once(deployment: Deployment, figures: Figures) -> None:
    link = await add(deployment)
    began = time.monotonic()
    seen = await visit(deployment, link["code"], MANY)
    seconds = time.monotonic() - began
    found = await counted(deployment, link, MANY)
    figures(
        f"{MANY} visits over 2 workers in {seconds:.1f} s: {found} counted, "
        f"p99 {percentile(seen, 99):.0f} ms"
    )
    assert {each.status for each in seen} == {302}
    assert found == MANY
    again = await visit(deployment, link["code"], 300)
    await deployment.stop()
    await deployment.start()
    assert await counted(deployment, link, MANY + 300) == MANY + len(again)


@asynccontextmanager
async def no_writing(database: str) -> AsyncIterator[None]:
    """Let nobody write visits while the block runs."""
    if database.startswith("sqlite:///"):
        path = database.removeprefix("sqlite:///")
        file = sqlite3.connect(path, timeout=60, isolation_level=None)
        file.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            file.close()
        return
    server = await asyncpg.connect(database)
    try:
        async with server.transaction():
            await server.execute("LOCK TABLE shortener_visit IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await server.close()


async def unwritten(client: httpx.AsyncClient, at_least: int) -> int:
    """Return what the metric says, once it has caught up with what each worker knows."""
    end = time.monotonic() + 60
    while True:
        found = UNWRITTEN.findall((await client.get("/metrics")).text)
        total = int(sum(map(float, found)))
        if total >= at_least or time.monotonic() > end:
            return total
        await asyncio.sleep(0.2)


async def test_a_kill_loses_no_more_than_the_metric_says(
    deployment: Deployment, figures: Figures
) -> None:
    link = await add(deployment)
    before = len(await visit(deployment, link["code"], 500))
    assert await counted(deployment, link, before) == before
    async with no_writing(deployment.database), deployment.client() as client:
        waiting = len(await visit(deployment, link["code"], 200, 4))
        told = await unwritten(client, waiting)
        deployment.kill()
    await deployment.start()
    lost = before + waiting - await counted(deployment, link, before + waiting, 2)
    figures(f"killed with {told} visits unwritten by the metric: {lost} lost")
    assert told >= waiting
    assert lost <= told


async def disturb(database: str) -> None:
    """Break the connections to PostgreSQL again and again; let SQLite take nothing for moments."""
    while True:
        if database.startswith("sqlite:///"):
            async with no_writing(database):
                await asyncio.sleep(0.1)
        else:
            server = await asyncpg.connect(database)
            await server.execute(BREAK)
            await server.close()
        await asyncio.sleep(0.03)


async def test_visits_count_once_while_connections_break(
    deployment: Deployment, figures: Figures
) -> None:
    link = await add(deployment)
    before = len(await visit(deployment, link["code"], 200))
    disturbing = asyncio.create_task(disturb(deployment.database))
    seen = await visit(deployment, link["code"], MANY // 5)
    disturbing.cancel()
    await asyncio.wait({disturbing})
    expected = before + sum(each.status == 302 for each in seen)
    found = await counted(deployment, link, expected)
    figures(f"{expected} visits while the database was disturbed: {found} counted")
    assert found == expected
    assert len(seen) == MANY // 5


async def test_a_maximum_is_exact_with_many_at_once(
    deployment: Deployment, figures: Figures
) -> None:
    link = await add(deployment, max_visits=MOST)
    seen = await visit(deployment, link["code"], VISITORS, 100)
    statuses = Counter(each.status for each in seen)
    figures(f"{VISITORS} visitors of a link for {MOST}: {dict(statuses)}")
    assert statuses == {302: MOST, 410: VISITORS - MOST}


async def seen_everywhere(deployment: Deployment, link: Any, change: Any, new: Any) -> float:
    """Make a change while people follow a link; return when the last asked who did not see it.

    In seconds after the change. A busy machine may make it late by itself, but not three times.
    """
    before = await read(deployment, link)
    for _ in range(1 if FULL else 3):
        last = await edited(deployment, link, change, new)
        if last <= 1:
            break
        await edited(deployment, link, {name: before[name] for name in change}, new)
    return last


async def edited(deployment: Deployment, link: Any, change: Any, new: Any) -> float:
    """Make a change once; for two seconds people follow the link."""
    await visit(deployment, link["code"], 100)
    async with deployment.client() as client:
        answer = await client.patch(f"{LINKS}/{link['id']}", json=change)
    assert answer.status_code == 200, answer.text
    began, last = time.monotonic(), 0.0
    while time.monotonic() - began < 2:
        for each in await visit(deployment, link["code"], 32, 16):
            if (each.status, each.location) != new:
                last = max(last, each.began - began)
    return last


async def test_an_edit_is_seen_by_all_workers_within_a_second(
    deployment: Deployment, figures: Figures
) -> None:
    link = await add(deployment)
    moved = await seen_everywhere(
        deployment, link, {"target": "https://example.com/new"}, (302, "https://example.com/new")
    )
    closed = await seen_everywhere(deployment, link, {"enabled": False}, (404, ""))
    figures(
        f"the old target was last seen {moved:.2f} s after an edit, {closed:.2f} s after an end"
    )
    assert max(moved, closed) <= 1
