"""Which foreign keys and sort columns have no index: looked up in a scratch database."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

from core.calling import shown
from core.checks.places import column
from core.db import engine
from core.db.migrations import migrate, pending, tables
from core.db.sqlite import PooledSQLite
from core.homes import home_of, stands_alone
from core.plugins import Plugins


async def missing_indexes(plugins: Plugins) -> list[str]:
    """Return a line for each foreign key and each sort column that no index begins or holds.

    The migrations run on an empty SQLite database in a temporary folder, so this also tells
    whether they run at all.
    """
    with tempfile.TemporaryDirectory() as folder:
        before = engine.current()
        engine.use(PooledSQLite(Path(folder) / "scratch.db"))
        try:
            try:
                await migrate(plugins)
            except Exception as error:
                failed, *_ = await pending(plugins)
                where = shown(Path(str(failed.module.__file__)))
                return [f"{failed.plugin}: {where}  cannot be run on SQLite: {error}"]
            return [line for plugin in plugins for line in await _missing(plugins, plugin.name)]
        finally:
            await engine.close()
            if before is not None:
                engine.use(before)


async def _missing(plugins: Plugins, name: str) -> list[str]:
    lines = []
    for plugin, table in tables(plugins):
        if plugin != name:
            continue
        indexed = await _indexed(table._meta.tablename)
        keys = {key._meta.db_column_name for key in table._meta.foreign_key_columns}
        lines += [
            f"{name}: {column(table, key)}  {table.__name__}.{key} is a foreign key without an "
            "index; deleting what it points to reads the whole table"
            for key in sorted(keys)
            if not any(columns[0] == key for columns in indexed)
        ]
        lines += [
            f"{name}: {column(table, sort)}  a list sorts {table.__name__} by {sort}, "
            "which is in no index"
            for sort in sorted(set(_sorts(plugins, name, table)))
            if not any(sort in columns for columns in indexed)
        ]
    return lines


async def _indexed(table: str) -> list[list[str]]:
    """Return the columns of each index of a table, and its primary key."""
    found = [["id"]]
    for index in await engine.engine().fetch_dicts(f'PRAGMA index_list("{table}")'):
        rows = await engine.engine().fetch_dicts(f'PRAGMA index_info("{index["name"]}")')
        found.append([row["name"] for row in rows])
    return found


def _sorts(plugins: Plugins, name: str, table: Any) -> Iterator[str]:
    """Yield the columns that this plugin's lists of ``table`` may be sorted by."""
    module = plugins[name].module
    try:
        schemas = module if stands_alone(module) else import_module(f"{home_of(module)}.schemas")
    except ModuleNotFoundError:
        return
    for kind in vars(schemas).values():
        if isinstance(kind, type) and getattr(kind, "table", None) is table:
            for sort in get_args(get_type_hints(kind)["sort"]):
                yield sort.removeprefix("-")
