"""Where something of a plugin is written, as ``path:line``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.calling import place, shown
from core.homes import stands_alone
from core.plugins import OWN, Plugins


def files(plugins: Plugins) -> Iterator[tuple[str, Path]]:
    """Yield the files of each plugin that is not core's own, but for migrations and tests."""
    for plugin in plugins:
        if plugin.name in OWN:
            continue
        if stands_alone(plugins[plugin.name].module):
            yield plugin.name, Path(str(plugins[plugin.name].module.__file__))
            continue
        folder = folder_of(plugins, plugin.name)
        for file in sorted(folder.rglob("*.py")):
            if not {"piccolo_migrations", "tests"} & set(file.relative_to(folder).parts):
                yield plugin.name, file


def sources(plugins: Plugins) -> Iterator[tuple[str, Path, ast.Module]]:
    """Yield what each file of each plugin that is not core's own says: (plugin, path, tree)."""
    for name, file in files(plugins):
        parsed = parsed_file(file, file.stat().st_mtime_ns)
        if isinstance(parsed, ast.Module):
            yield name, file, parsed


@lru_cache(maxsize=2000)
def parsed_file(file: Path, modified: int) -> ast.Module | SyntaxError:
    """Read a file once for all rules, and again when it has changed."""
    try:
        return ast.parse(file.read_bytes(), str(file))
    except SyntaxError as error:
        return error
    except ValueError as error:
        return SyntaxError(str(error))


def folder_of(plugins: Plugins, name: str) -> Path:
    """Return the folder of a plugin's files."""
    return Path(str(plugins[name].module.__file__)).parent


def package_of(plugins: Plugins, name: str, file: Path) -> list[str]:
    """Return the parts of the name of the package that holds a file of a plugin."""
    package = plugins[name].module.__package__ or ""
    return [
        *filter(None, package.split(".")),
        *file.relative_to(folder_of(plugins, name)).parent.parts,
    ]


def column(table: Any, name: str) -> str:
    """Return where a column of a table is written."""
    where = place(table)
    file, _, line = where.rpartition(":")
    if not file:
        return where
    lines = Path(file).read_text().splitlines()
    for number in range(int(line), len(lines)):
        if re.match(rf"\s+{re.escape(name)}\s*[:=]", lines[number]):
            return f"{file}:{number + 1}"
    return where


def hook(plugins: Plugins, name: str, which: str) -> str:
    """Return where a plugin's hook is written."""
    return place(getattr(plugins[name].module, which))


def at(file: Path, node: Any) -> str:
    """Return where a part of a file is."""
    return f"{shown(file)}:{node.lineno}"
