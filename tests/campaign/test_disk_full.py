"""A full disk: what must be written is refused, reads go on, and it recovers by itself."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from core.testing import missing
from tests.campaign.conftest import FULL, Figures
from tests.campaign.database import sound, titles
from tests.campaign.deployment import TASKS, Deployment
from tests.campaign.test_worker_kills import complete

SIZE = 16 * 1_048_576
WRITES = 400 if FULL else 60
CLIENTS = 8
NO_ROOM = {503, 507}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a small disk of its own."""
    folder, mount = tmp_path / "disk", shutil.which("mount")
    folder.mkdir()
    command = [mount or "mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tenfold-test", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        missing("mount", f"a small disk cannot be mounted here ({error})")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
async def small(disk: Path) -> AsyncIterator[Deployment]:
    """Return a server whose database, mails and log are on the small disk."""
    deployment = Deployment(f"sqlite:///{disk / 'small.db'}", disk)
    try:
        await deployment.start()
        yield deployment
    finally:
        deployment.kill()


def fill(disk: Path) -> Path:
    """Take all the room there is; return the file that has it."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (65536, 4096):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return ballast


async def write(deployment: Deployment, acknowledged: list[str], name: str) -> Counter[int]:
    """Let clients add tasks; remember those that were acknowledged."""
    statuses: Counter[int] = Counter()

    async def add(number: int) -> None:
        async with deployment.client() as client:
            for each in range(WRITES // CLIENTS):
                title = f"{name} {number} {each}"
                answer = await client.post(
                    TASKS, json={"title": title, "description": "long " * 1000}
                )
                statuses[answer.status_code] += 1
                acknowledged.extend([title] * (answer.status_code == 201))

    await asyncio.gather(*map(add, range(CLIENTS)))
    return statuses


async def reads(deployment: Deployment) -> Counter[int]:
    """Read as people do."""
    async with deployment.client() as client:
        return Counter([(await client.get(TASKS)).status_code for _ in range(20)])


async def backed_up(deployment: Deployment, file: Path) -> tuple[int | None, str]:
    """Try to make a backup; return the exit code and what was said."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).parent / "tenfold"),
        *("backup", "create", str(file)),
        env=deployment._environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return process.returncode, told.decode()


def beside(disk: Path) -> list[Path]:
    """Return what a backup has left on the disk."""
    return list(disk.glob("*backup.zip*"))


async def room_again(deployment: Deployment) -> float:
    """Return the seconds until something can be written."""
    began = time.monotonic()
    async with deployment.client() as client, asyncio.timeout(60):
        while (await deployment.add(client, "room again")).status_code != 201:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return time.monotonic() - began


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_on_a_full_disk_writes_are_refused_and_reads_go_on(
    small: Deployment, disk: Path, kind: str, figures: Figures
) -> None:
    await complete(small)
    acknowledged: list[str] = []
    before = await write(small, acknowledged, "before")
    workers, threads = small.workers(), small.threads()
    ballast = fill(disk)
    full = await write(small, acknowledged, "full") + await write(small, acknowledged, "fuller")
    read, backup = await reads(small), await backed_up(small, disk / "backup.zip")
    left = beside(disk)
    sign_up = {"email": "b@example.org", "username": "bob", "password": "correct horse"}
    async with httpx.AsyncClient(base_url=small.url, timeout=60) as client:
        registered = (await client.post("/api/v1/auth/register", json=sign_up)).status_code
        assert (await client.get("/health/live")).status_code == 200
    ballast.unlink()
    seconds = await room_again(small)
    after = await write(small, acknowledged, "after")
    figures(
        f"disk full: before {dict(before)}, full {dict(full)}, reads {dict(read)}, "
        f"after {dict(after)}; room again: {seconds:.2f} s; threads {threads} -> {small.threads()}"
    )
    assert before.keys() == after.keys() == {201}, small.log()
    assert full.keys() & NO_ROOM
    assert full.keys() <= NO_ROOM | {201}
    assert registered in NO_ROOM
    assert read.keys() == {200}
    assert (backup[0], left) == (1, [])
    assert "Traceback" not in backup[1]
    assert seconds < (2 if FULL else 20)
    assert small.workers() == workers
    assert small.threads() <= threads + 8
    kept = await titles(small.database)
    assert set(acknowledged) <= set(kept)
    assert len([each for each in kept if not each.startswith("room")]) == len(acknowledged)
    assert await sound(small.database)
    assert await small.stop() < 10
