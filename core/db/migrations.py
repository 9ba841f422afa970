"""Bring the database to the shape that the enabled plugins' tables have."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path
from typing import IO, Any

import asyncpg
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig

from core.db.engine import engine, transaction
from core.db.errors import DatabaseAway
from core.db.postgres import PooledPostgres
from core.plugins import Plugins

LOCK = 0x7E4F01D
POLL = 0.05


@dataclass(frozen=True)
class Step:
    """One migration that has not run yet."""

    plugin: str
    id: str
    module: Any


def apps(plugins: Plugins) -> Iterator[tuple[str, AppConfig]]:
    """Yield each enabled plugin that has tables, with what Piccolo knows of it."""
    for name, path in plugins.call("register_tables"):
        yield name, import_module(path).APP_CONFIG


def tables(plugins: Plugins) -> Iterator[tuple[str, Any]]:
    """Yield every table of the enabled plugins, with its plugin's name."""
    for name, app in apps(plugins):
        for table in app.table_classes:
            yield name, table


async def pending(plugins: Plugins) -> list[Step]:
    """Return what ``migrate`` would run, in order."""
    if not await Migration.table_exists():
        done = set()
    else:
        rows = await Migration.select(Migration.app_name, Migration.name)
        done = {(row["app_name"], row["name"]) for row in rows}
    return [
        step
        for name, app in apps(plugins)
        for step in _steps(name, app)
        if (name, step.id) not in done
    ]


def _steps(name: str, app: AppConfig) -> list[Step]:
    files = sorted(Path(app.resolved_migrations_folder_path).glob(f"{name}_*.py"))
    steps = [Step(name, module.ID, module) for module in map(_module, files)]
    return sorted(steps, key=lambda step: step.id)


def _module(file: Path) -> Any:
    """Import a migration under a name of its own, whatever other plugins call theirs."""
    spec = spec_from_file_location(f"tenfold_migrations.{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python module.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def migrate(plugins: Plugins) -> list[Step]:
    """Run every pending migration, each whole or not at all, and return those that ran.

    Several processes and hosts may want to at once: call it inside ``alone()``.
    """
    if not await Migration.table_exists():
        await Migration.create_table()
    steps = await pending(plugins)
    with engine().limits.lifted():
        for step in steps:
            async with transaction():
                await _run(step)
    return steps


async def _run(step: Step) -> None:
    try:
        manager = await step.module.forwards()
        if isinstance(manager, MigrationManager):
            with redirect_stdout(StringIO()):  # Piccolo tells its progress in a format of its own
                await manager.run()
        await Migration.insert(Migration(name=step.id, app_name=step.plugin))
    except Exception as error:
        error.add_note(f"in the migration {step.id} of the plugin {step.plugin!r}")
        raise


@asynccontextmanager
async def alone() -> AsyncIterator[None]:
    """Hold the lock that only one process on any host has; the others wait."""
    here = engine()
    if isinstance(here, PooledPostgres):
        async with _locked_on_server(here.config["dsn"], here.limits.wait):
            yield
        return
    with Path(f"{here.path}.migrating").open("w") as file:  # noqa: ASYNC230
        while not _locked(file):  # noqa: ASYNC110
            await asyncio.sleep(POLL)
        yield


@asynccontextmanager
async def _locked_on_server(dsn: str, wait: float) -> AsyncIterator[None]:
    try:
        connection = await asyncpg.connect(dsn, timeout=wait)
    except OSError as error:
        raise DatabaseAway(f"The database does not answer: {error}") from error
    try:
        await connection.execute(f"SELECT pg_advisory_lock({LOCK})")
        yield
    finally:
        connection.terminate()


def _locked(file: IO[str]) -> bool:
    """Lock the file unless somebody has; asked again and again, so that a cancel is heard."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
