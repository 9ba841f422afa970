"""Bring the database to the shape that the enabled plugins' tables have."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.auto.schema_snapshot import SchemaSnapshot
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig

from core.db import postgres_altering, sqlite_altering
from core.db.engine import engine, transaction
from core.loading import why_not
from core.plugins import PluginError, Plugins

# It complains of each table that an older migration names without all of its columns.
logging.getLogger("piccolo.apps.migrations.auto.migration_manager").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Step:
    """One migration that has not run yet."""

    plugin: str
    id: str
    module: Any


def apps(plugins: Plugins) -> Iterator[tuple[str, AppConfig]]:
    """Yield each enabled plugin that has tables, with what Piccolo knows of it."""
    for name, path in plugins.call("register_tables"):
        try:
            app = import_module(path).APP_CONFIG
        except Exception as error:
            text = f"{name}: its piccolo_app, {path}, {why_not(path, error)}"
            raise PluginError([text]) from error
        yield name, app


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
        for step in steps_of(name, app)
        if (name, step.id) not in done
    ]


def steps_of(name: str, app: AppConfig) -> list[Step]:
    """Return all migrations of a plugin, in order."""
    return _steps(name, Path(app.resolved_migrations_folder_path))


def _steps(name: str, folder: Path) -> list[Step]:
    files = sorted(folder.glob(f"{name}_*.py"))
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
        await _carry_out(step, backwards=False)
        await Migration.insert(Migration(name=step.id, app_name=step.plugin))
    except Exception as error:
        error.add_note(f"in the migration {step.id} of the plugin {step.plugin!r}")
        raise


async def _carry_out(step: Step, *, backwards: bool) -> None:
    manager = await step.module.forwards()
    if not isinstance(manager, MigrationManager):
        return
    if manager.alter_columns.alter_columns:
        manager._run_alter_columns = await _altering(manager, step, backwards=backwards)  # type: ignore[method-assign]
    with redirect_stdout(StringIO()):  # Piccolo tells its progress in a format of its own
        await manager.run(backwards=backwards)


async def _altering(manager: MigrationManager, step: Step, *, backwards: bool) -> Any:
    """Return what changes the columns of a migration, in place of what Piccolo would do."""
    changes = manager.alter_columns.alter_columns
    if engine().engine_type == "sqlite":
        wanted = await _shapes(step, backwards=backwards)
        return partial(sqlite_altering.alter, changes, wanted)
    tables = {change.tablename for change in changes}
    return partial(postgres_altering.alter, tables, manager._run_alter_columns)


async def _shapes(step: Step, *, backwards: bool) -> SchemaSnapshot:
    """Return what the tables of a plugin are like after a migration, or before it."""
    steps = _steps(step.plugin, Path(str(step.module.__file__)).parent)
    ran = [each for each in steps if each.id < step.id or (each.id == step.id and not backwards)]
    managers = [await each.module.forwards() for each in ran]
    return SchemaSnapshot([each for each in managers if isinstance(each, MigrationManager)])


async def reverse(plugins: Plugins, name: str) -> list[str]:
    """Undo every migration of a plugin that ran, the last first, and return their ids.

    All or nothing: what cannot be undone leaves everything as it is. Call it inside ``alone()``.
    """
    ran = await ran_migrations(name)
    steps = {
        step.id: step
        for app, config in apps(plugins)
        if app == name
        for step in steps_of(app, config)
    }
    if missing := [id for id in ran if id not in steps]:
        raise FileNotFoundError(
            f"{name}: its migrations {', '.join(missing)} are not there any more."
        )
    with engine().limits.lifted():
        async with transaction():
            for id in reversed(ran):
                await _undo(steps[id])
    return ran[::-1]


async def ran_migrations(name: str) -> list[str]:
    """Return the ids of a plugin's migrations that ran, in order."""
    if not await Migration.table_exists():
        return []
    rows = await Migration.select(Migration.name).where(Migration.app_name == name)
    return sorted(row["name"] for row in rows)


async def _undo(step: Step) -> None:
    try:
        await _carry_out(step, backwards=True)
        await Migration.delete().where(Migration.name == step.id, Migration.app_name == step.plugin)
    except Exception as error:
        error.add_note(f"while undoing the migration {step.id} of the plugin {step.plugin!r}")
        raise
