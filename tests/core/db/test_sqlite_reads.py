"""What reads on SQLite take from others: short ones run on the event loop, long ones do not."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import Any

import pytest

from core.db.errors import DatabaseBusy, is_passing
from core.db.sqlite import PooledSQLite
from tests.core.db.conftest import (
    ENDLESS,
    PATIENCE,
    SLOW,
    impatient,
    write,
)
from tests.core.db.tables import Note


async def test_a_long_read_leaves_the_event_loop_and_gives_the_same_rows(
    sqlite: PooledSQLite,
) -> None:
    endless = asyncio.ensure_future(sqlite.fetch(ENDLESS))
    assert await asyncio.wait_for(sqlite.fetch("SELECT 1"), PATIENCE) == [(1,)]
    endless.cancel()
    slow, expected = SLOW.format(200_000), [(200_000,)]
    for _ in range(3):
        assert await sqlite.fetch(slow) == expected


async def test_a_short_read_never_leaves_the_event_loop(sqlite: PooledSQLite) -> None:
    await write("a")
    reading = Note.select(Note.text).run()
    with pytest.raises(StopIteration) as ended:
        reading.send(None)
    assert ended.value.value == [{"text": "a"}]


async def test_a_busy_machine_does_not_make_a_read_long(sqlite: PooledSQLite) -> None:
    def pause(value: bytes) -> bytes:
        if value == b"pause":
            time.sleep(0.02)
        return value

    sqlite3.register_converter("PAUSING", pause)
    await sqlite.fetch("CREATE TABLE pausing (value PAUSING)")
    await sqlite.fetch(
        "INSERT INTO pausing WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c "
        "WHERE x < 300) SELECT CASE x WHEN 1 THEN 'pause' ELSE 'go' END FROM c"
    )
    with pytest.raises(StopIteration) as ended:
        sqlite.fetch("SELECT value FROM pausing").send(None)
    assert len(ended.value.value) == 300


async def test_reading_on_the_loop_can_be_switched_off(tmp_path: Any) -> None:
    engine = PooledSQLite(tmp_path / "x.db", inline=0)
    assert await engine.fetch("SELECT 1") == [(1,)]
    await engine.close_connection_pool()


async def test_a_read_that_takes_too_long_is_ended_and_is_passing(
    sqlite: PooledSQLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite.limits, "statement", 0.2)
    with pytest.raises(sqlite3.OperationalError, match="interrupted") as failure:
        await sqlite.fetch(ENDLESS)
    assert is_passing(failure.value)


async def test_long_reads_make_other_long_reads_wait_no_longer_than_allowed(
    sqlite: PooledSQLite,
) -> None:
    await impatient(sqlite)
    long = [asyncio.create_task(sqlite.fetch(ENDLESS)) for _ in range(3)]
    with pytest.raises(DatabaseBusy):
        await long[2]
    for task in long:
        task.cancel()
    await asyncio.gather(*long, return_exceptions=True)
    sqlite.limits.wait = PATIENCE
    assert await sqlite.fetch(SLOW.format(300_000)) == [(300_000,)]


async def test_a_value_that_cannot_be_read_leaves_the_connection_usable(
    sqlite: PooledSQLite,
) -> None:
    bad = "INSERT INTO db_note (text, number, done, at) VALUES (?, 0, 0, 'no time') RETURNING at"
    with pytest.raises(ValueError, match="no time"):
        await sqlite.fetch(bad, ["a"])
    with pytest.raises(ValueError, match="no time"):
        await sqlite.fetch("SELECT at FROM db_note")
    await write("b")
    assert await sqlite.fetch("SELECT count(*) FROM db_note") == [(2,)]
