"""What a machine can hold about plugins. Each rule yields the lines a person should read."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from piccolo.columns.base import OnDelete

import core
from core.db.migrations import apps, tables
from core.events import Event
from core.indexes import missing_indexes
from core.plugins import PluginError, Plugins

OWN = ("core", "auth")


def complaints(plugins: Plugins) -> list[str]:
    """Return what is wrong, one line each; none is the wish."""
    found: list[str] = []
    for rule in (names, foreign_keys, migrations, handlers, imports, unsafe_rows, panels):
        found += rule(plugins)
    return found + asyncio.run(missing_indexes(plugins))


def names(plugins: Plugins) -> Iterator[str]:
    """Tables and permissions carry their plugin's name in front."""
    for plugin, table in tables(plugins):
        name = table._meta.tablename
        if not name.startswith(f"{plugin}_"):
            yield f"{plugin}: the table {name!r} must be called {plugin}_{name}"
    for plugin, permissions in plugins.call("register_permissions"):
        for each in permissions:
            if not each.name.startswith(f"{plugin}."):
                yield f"{plugin}: the permission {each.name!r} must be called {plugin}.{each.name}"


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
                where = f"{table.__name__}.{key._meta.name}"
                yield f"{plugin}: {where} would keep {target} rows alive; cascade or set null"


def migrations(plugins: Plugins) -> Iterator[str]:
    """Migration files carry the plugin's name: Piccolo imports them by their bare names."""
    for plugin, app in apps(plugins):
        for file in sorted(Path(app.resolved_migrations_folder_path).glob("*.py")):
            if file.stem != "__init__" and not file.stem.startswith(f"{plugin}_"):
                yield f"{plugin}: the migration {file.name} must be called {plugin}_{file.name}"


def handlers(plugins: Plugins) -> Iterator[str]:
    """Nobody waits for an event that an enabled plugin never tells."""
    told = {kind.name() for kind in _kinds(Event)}
    for plugin, wanted in plugins.call("register_handlers"):
        for name in wanted:
            owner = name.partition(".")[0]
            if owner in plugins and name not in told:
                yield f"{plugin}: hears {name!r}, but {owner} tells no such event"


def _kinds(kind: type[Event]) -> Iterator[type[Event]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def imports(plugins: Plugins) -> Iterator[str]:
    """A plugin imports what core names in ``__all__``, its own files, and what it requires."""
    for name, file, tree in _sources(plugins):
        allowed = {name, *plugins[name].plugin.requires}
        for node in ast.walk(tree):
            for module, imported in _imported(node):
                where = f"{name}: {file.name}:{node.lineno}"  # type: ignore[attr-defined]
                parts = module.split(".")
                if parts[0] == "core" and (len(parts) > 1 or imported not in core.__all__):
                    yield f"{where} imports {module}.{imported}, which core does not promise"
                if parts[0] == "plugins" and len(parts) > 1 and parts[1] not in allowed:
                    yield f"{where} imports plugins.{parts[1]} without requires=[{parts[1]!r}]"


def panels(plugins: Plugins) -> Iterator[str]:
    """The admin can be built from the panels of all plugins."""
    from core.admin.panels import collect

    try:
        collect(plugins)
    except PluginError as error:
        yield from error.problems


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield ``(module, name)`` of each absolute import."""
    if isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            yield node.module or "", alias.name
    elif isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, ""


def unsafe_rows(plugins: Plugins) -> Iterator[str]:
    """A row is never made from what a client sent as it stands: it could overwrite any other."""
    classes = {table.__name__ for _, table in tables(plugins)}
    for name, file, tree in _sources(plugins):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _is_unsafe(node, classes):
                where = f"{name}: {file.name}:{node.lineno}"
                yield f"{where} makes a row from a mapping; name its columns"


def _is_unsafe(call: ast.Call, classes: set[str]) -> bool:
    function: Any = call.func
    called = getattr(function, "attr", getattr(function, "id", ""))
    spread = any(keyword.arg is None for keyword in call.keywords)
    return called == "from_dict" or (called in classes and spread)


def _sources(plugins: Plugins) -> Iterator[tuple[str, Path, ast.Module]]:
    """Yield each file of each plugin that is not core's own."""
    for plugin in plugins:
        module = plugins[plugin.name].module
        if plugin.name in OWN or module.__file__ is None:
            continue
        for file in sorted(Path(module.__file__).parent.rglob("*.py")):
            if "piccolo_migrations" not in file.parts:
                yield plugin.name, file, ast.parse(file.read_text(), str(file))
