"""Migrations: each whole or not at all, once, whoever else migrates."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig

from core.db.alone import alone
from core.db.engine import Engine
from core.db.migrations import migrate, pending
from core.testing import scratch_postgres
from tests.core.db.conftest import PATIENCE

FILE = """
from core.db.engine import engine

ID = "{id}"
VERSION = "1"
DESCRIPTION = ""

async def forwards():
    {work}
"""


class Garden:
    """Plugins with migrations, as far as migrations need to know of them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._monkeypatch = folder, monkeypatch
        self._paths: dict[str, str] = {}

    def add(self, plugin: str, file: str, id: str, *work: str) -> None:
        """Write a migration file."""
        folder = self.folder / plugin
        folder.mkdir(exist_ok=True)
        (folder / f"{file}.py").write_text(FILE.format(id=id, work="\n    ".join(work)))
        module = ModuleType(f"{plugin}_tables")
        config = AppConfig(app_name=plugin, migrations_folder_path=str(folder), table_classes=[])
        module.APP_CONFIG = config  # type: ignore[attr-defined]
        self._monkeypatch.setitem(sys.modules, module.__name__, module)
        self._paths[plugin] = module.__name__

    def call(self, hook: str) -> Iterator[tuple[str, str]]:
        yield from self._paths.items()


@pytest.fixture
async def garden(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    yield Garden(tmp_path, monkeypatch)
    for table in ("rose", "tulip"):
        await engine.fetch(f"DROP TABLE IF EXISTS {table}")
    await Migration.delete().where(Migration.app_name.is_in(["garden", "garden_shed"]))


def create(table: str) -> str:
    return f"await engine().fetch('CREATE TABLE {table} (id integer)')"


def insert(table: str) -> str:
    return f"await engine().fetch('INSERT INTO {table} VALUES (1)')"


async def test_a_migration_runs_once(garden: Any, engine: Engine) -> None:
    garden.add("garden", "garden_1", "1", create("rose"))
    garden.add("garden", "garden_2", "2", insert("rose"))
    assert [step.id for step in await pending(garden)] == ["1", "2"]
    assert [step.id for step in await migrate(garden)] == ["1", "2"]
    assert await migrate(garden) == []
    assert len(await engine.fetch("SELECT * FROM rose")) == 1


async def test_a_migration_that_fails_half_way_leaves_nothing(garden: Any, engine: Engine) -> None:
    garden.add("garden", "garden_1", "1", create("rose"))
    garden.add("garden", "garden_2", "2", create("tulip"), insert("rose"), "1 / 0")
    with pytest.raises(ZeroDivisionError) as failure:
        await migrate(garden)
    assert "migration 2 of the plugin 'garden'" in failure.value.__notes__[0]
    assert [step.id for step in await pending(garden)] == ["2"]
    assert await engine.fetch("SELECT * FROM rose") == []
    garden.add("garden", "garden_2", "2", create("tulip"), insert("rose"))
    await migrate(garden)
    assert len(await engine.fetch("SELECT * FROM rose")) == 1


async def test_files_of_two_plugins_are_never_mistaken_for_each_other(
    garden: Any, engine: Engine
) -> None:
    garden.add("garden", "garden_shed_1", "1", create("rose"))
    garden.add("garden_shed", "garden_shed_1", "1", create("tulip"))
    ran = [(step.plugin, step.id) for step in await migrate(garden)]
    assert ran == [("garden", "1"), ("garden_shed", "1")]
    assert await engine.fetch("SELECT * FROM rose") == []
    assert await engine.fetch("SELECT * FROM tulip") == []


async def test_only_one_migrates_and_a_cancelled_one_stops_waiting(engine: Engine) -> None:
    inside: list[int] = []

    async def turn() -> None:
        async with alone():
            inside.append(1)
            assert len(inside) == 1
            await asyncio.sleep(0.02)
            inside.pop()

    await asyncio.gather(*(turn() for _ in range(4)))
    async with alone():
        waiting = asyncio.create_task(turn())
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(waiting, PATIENCE)
    await asyncio.wait_for(turn(), PATIENCE)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_processes_that_migrate_at_once_run_each_migration_once(
    kind: str, tmp_path: Path
) -> None:
    if kind == "sqlite":
        await migrates_once(f"sqlite:///{tmp_path / 'x.db'}", tmp_path)
        return
    async with scratch_postgres() as url:
        await migrates_once(url, tmp_path)


async def migrates_once(url: str, folder: Path) -> None:
    environment = {
        **os.environ,
        "TENFOLD_CORE__DATA": str(folder),
        "TENFOLD_CORE__DATABASE": url,
        "TENFOLD_CONFIG": "/nowhere/plugins.toml",
        "TENFOLD_ENABLED": "todo",
    }
    command = [str(Path(sys.executable).parent / "tenfold"), "migrate"]
    running = [
        await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    printed = [(await each.communicate())[0].decode() for each in running]
    assert [each.returncode for each in running] == [0, 0, 0], printed
    lines = [line for text in printed for line in text.splitlines() if line.startswith("Migrated")]
    assert lines
    assert len(lines) == len(set(lines))
