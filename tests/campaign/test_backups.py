"""Backups taken while people write: each restores clean, with no half of anything."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from core.cli import main
from core.testing import scratch_postgres
from tests.campaign.conftest import FULL, Figures
from tests.campaign.database import sound, titles
from tests.campaign.deployment import TASKS, Deployment

BACKUPS = {"sqlite": 100, "postgres": 100} if FULL else {"sqlite": 5, "postgres": 3}
WRITERS = 4 if FULL else 2


async def tenfold(environment: dict[str, str], *arguments: object) -> None:
    """Run the command line, in this process: its imports would take most of the time."""
    words = [str(each) for each in arguments]
    done = await asyncio.to_thread(CliRunner().invoke, main, words, env=environment)
    assert done.exit_code == 0, (done.output, done.exception)


async def write(deployment: Deployment, done: asyncio.Event, acknowledged: list[str]) -> None:
    """Add tasks until told to stop; note each that was acknowledged."""
    async with deployment.client() as client:
        while not done.is_set():
            title = f"task {len(acknowledged)} {time.monotonic()}"
            with suppress(httpx.TransportError):
                if (await client.post(TASKS, json={"title": title})).status_code == 201:
                    acknowledged.append(title)
            await asyncio.sleep(0.02)


async def restored(
    environment: dict[str, str], backup: Path, folder: Path, database: str
) -> tuple[bool, set[str]]:
    """Restore into an empty place; tell whether it is sound, and which tasks are in it."""
    there = environment | {"TENFOLD_CORE__DATA": str(folder), "TENFOLD_CORE__DATABASE": database}
    await tenfold(there, "backup", "restore", backup, "--force")
    found = await sound(database), set(await titles(database))
    await asyncio.to_thread(backup.unlink)
    await asyncio.to_thread(shutil.rmtree, folder)
    return found


async def in_a_new_place(environment: dict[str, str], backup: Path, folder: Path) -> Any:
    """Restore where nothing is; on PostgreSQL, into a database of its own."""
    if environment["TENFOLD_CORE__DATABASE"].startswith("sqlite"):
        return await restored(environment, backup, folder, f"sqlite:///{folder / 'tenfold.db'}")
    async with scratch_postgres() as url:
        return await restored(environment, backup, folder, url)


async def test_every_backup_restores_clean(
    deployment: Deployment, figures: Figures, tmp_path_factory: pytest.TempPathFactory
) -> None:
    environment = deployment._environment()
    outside = tmp_path_factory.mktemp("backups")
    done = asyncio.Event()
    acknowledged: list[str] = []
    writing = [asyncio.create_task(write(deployment, done, acknowledged)) for _ in range(WRITERS)]
    found: Counter[str] = Counter()
    longest = 0.0

    times = BACKUPS[deployment.database.partition(":")[0]]
    for number in range(times):
        backup, before = outside / f"{number}.zip", set(acknowledged)
        began = time.monotonic()
        await tenfold(environment, "backup", "create", backup)
        longest = max(longest, time.monotonic() - began)
        clean, there = await in_a_new_place(environment, backup, outside / f"new{number}")
        found["clean" if clean and before <= there else "bad"] += 1
    done.set()
    await asyncio.gather(*writing)
    figures(
        f"backups: {times} under load ({len(acknowledged)} tasks written), {dict(found)}, "
        f"the longest took {longest:.1f} s"
    )
    assert found == {"clean": times}
