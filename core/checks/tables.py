"""Rules about tables and their migrations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from piccolo.columns.base import OnDelete

from core.calling import place, shown
from core.checks import places
from core.db.migrations import apps, tables
from core.db.unwritten import unwritten
from core.plugins import OWN, Plugins


def names(plugins: Plugins) -> Iterator[str]:
    """Tables carry their plugin's name in front."""
    for plugin, table in tables(plugins):
        name = table._meta.tablename
        if not name.startswith(f"{plugin}_"):
            yield f"{plugin}: {place(table)}  the table {name!r} must be called {plugin}_{name}"


def foreign_keys(plugins: Plugins) -> Iterator[str]:
    """A key that leaves its plugin must never stop another plugin's rows from being deleted."""
    for plugin, table in tables(plugins):
        for key in table._meta.foreign_key_columns:
            target = key._foreign_key_meta.resolved_references._meta.tablename
            kind = key._foreign_key_meta.on_delete
            if not target.startswith(f"{plugin}_") and kind not in (
                OnDelete.cascade,
                OnDelete.set_null,
            ):
                where = places.column(table, key._meta.name)
                named = f"{table.__name__}.{key._meta.name}"
                yield (
                    f"{plugin}: {where}  {named} would keep {target} rows alive; "
                    "cascade or set null"
                )


def migrations(plugins: Plugins) -> Iterator[str]:
    """Migration files carry the plugin's name: Piccolo imports them by their bare names."""
    for plugin, app in apps(plugins):
        if app.app_name != plugin:
            yield f"{plugin}: the app_name in its piccolo_app must be {plugin!r}"
        for file in sorted(Path(app.resolved_migrations_folder_path).glob("*.py")):
            if file.stem != "__init__" and not file.stem.startswith(f"{plugin}_"):
                new = f"{plugin}_{file.name}"
                yield f"{plugin}: {shown(file)}  the migration {file.name} must be called {new}"


def dependencies(plugins: Plugins) -> Iterator[str]:
    """Migrations of what a plugin requires run before its own, also by Piccolo's command line."""
    paths = dict(plugins.call("register_tables"))
    for plugin, app in apps(plugins):
        given = {path for path in app.migration_dependencies if path in paths.values()}
        for need in {*plugins[plugin].plugin.requires} - set(OWN):
            if need in paths and paths[need] not in given:
                yield (
                    f"{plugin}: its piccolo_app must name {paths[need]!r} among "
                    "migration_dependencies, as it requires that plugin"
                )


def unwritten_migrations(plugins: Plugins) -> Iterator[str]:
    """What the tables say is in the migrations."""
    for plugin, app in apps(plugins):
        if asyncio.run(unwritten(app)):
            yield (
                f"{plugin}: its tables differ from its migrations; run "
                f"tenfold plugins migration {plugin}"
            )
