"""Several processes on one database, and how a process ends."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from core.db.engine import Engine
from tests.core.db.conftest import texts, write
from tests.core.db.tables import Note

ROOT = Path(__file__).parents[3]

ENDING = """
import asyncio, sys, threading, time
from core.db import postgres
from core.db.engine import close, open_engine, transaction, use
from core.settings import CoreSettings
from tests.core.db.tables import Note

postgres.CONNECT = 60

async def stuck():
    async with transaction():
        await Note.insert(Note(text="never kept"))
        await asyncio.sleep(3600)

async def main():
    engine = use(open_engine(CoreSettings(database=sys.argv[1], database_wait=60)))
    await engine.start_connection_pool()
    await Note.insert(Note(text="kept"))
    await Note.select()
    {ending}

BEGAN = time.monotonic()
{run}
print(BEGAN)
print([each.name for each in threading.enumerate() if each is not threading.main_thread()])
"""
RUN = "asyncio.run(main())"
ENDINGS = {
    "closed": ("await close()", RUN),
    "cancelled in a transaction": (
        "task = asyncio.create_task(stuck()); await asyncio.sleep(0.1); task.cancel(); "
        "await asyncio.gather(task, return_exceptions=True); await close()",
        RUN,
    ),
    "left by the loop in a transaction": (
        "asyncio.create_task(stuck()); await asyncio.sleep(0.1)",
        RUN,
    ),
    "killed by an error": ("1 / 0", f"try: {RUN}\nexcept ZeroDivisionError: pass"),
}


async def python(*arguments: str) -> str:
    """Run Python and return what it printed; it must end by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        printed, _ = await asyncio.wait_for(process.communicate(), 240)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 0, printed.decode()
    return printed.decode().strip()


async def test_two_processes_lose_no_update_and_nothing_is_locked(
    engine: Engine, database: str
) -> None:
    await write("counter")
    script = str(Path(__file__).with_name("counting.py"))
    printed = await asyncio.gather(*(python(script, database, "256") for _ in range(2)))
    assert printed == ["0", "0"]
    assert await Note.select(Note.number).first() == {"number": 512}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_process_ends_by_itself_and_keeps_what_was_committed(
    engine: Engine, database: str, ending: str
) -> None:
    how, run = ENDINGS[ending]
    said = await python("-c", ENDING.format(ending=how, run=run), database)
    began, threads = said.splitlines()
    assert time.monotonic() - float(began) < 10
    if "close" in how:
        assert threads == "[]"
    assert await texts() == {"kept"}
    await write("another")
    if engine.engine_type == "sqlite":
        assert _checked(database) == [("ok",)]


def _checked(database: str) -> list[tuple[str]]:
    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    try:
        return connection.execute("PRAGMA integrity_check").fetchall()
    finally:
        connection.close()
