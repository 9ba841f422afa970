"""Read plugins.toml and the environment: the enabled plugins, or all that is wrong."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from core.loading import in_order, known, load
from core.plugins import OWN, Enabled, Plugin, PluginError, Plugins
from core.reading import PREFIX, Source, did_you_mean, read_table
from core.settings import CoreSettings

OWN_VARIABLES = {"TENFOLD_ENABLED", "TENFOLD_CONFIG"}


class Unusable(PluginError):
    """What plugins.toml and the environment say cannot be used: nothing starts."""


def path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where plugins.toml is: ``$TENFOLD_CONFIG``, else in the current folder."""
    return Path(environ.get("TENFOLD_CONFIG", "plugins.toml"))


def read(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Plugins:
    """Return the enabled plugins with their settings. Raises PluginError with every mistake."""
    plugins, problems = survey(file, environ)
    if problems:
        raise Unusable(problems)
    return plugins


def survey(
    file: Path | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[Plugins, list[str]]:
    """Return the plugins that can be used, and everything that is wrong with the others."""
    file = file or path(environ)
    text = _text(file)
    data = _parse(file, text)
    problems: list[str] = []
    found = _load(_names(data, environ, problems), problems)
    tables = {key: value for key, value in data.items() if key != "enabled"}
    problems += _strangers(file, text, tables, environ, found)
    enabled = _with_settings(file, text, tables, environ, found, problems)
    order = _order({name: plugin for name, (plugin, _) in found.items()}, problems)
    return _hooked([enabled[name] for name in order if name in enabled], problems), problems


def written_names(file: Path) -> list[str]:
    """Return the names in ``enabled`` of a file. Raises Unusable."""
    problems: list[str] = []
    names = _names(_parse(file, _text(file)), {}, problems)
    if problems:
        raise Unusable(problems)
    return names


def enabled_names() -> list[str]:
    """Return the names in ``enabled``, as they are written."""
    file = path()
    return _names(_parse(file, _text(file)), os.environ, [])


def _hooked(enabled: list[Enabled], problems: list[str]) -> Plugins:
    try:
        return Plugins(enabled)
    except PluginError as error:
        problems += error.problems
        return Plugins([])


def core_settings(plugins: Plugins) -> CoreSettings:
    """Return the ``[core]`` settings."""
    return cast(CoreSettings, plugins["core"].settings)


def _text(file: Path) -> str:
    """Return what a file says; nothing, if it is not there. Raises Unusable."""
    try:
        return file.read_text(encoding="utf-8") if file.exists() else ""
    except UnicodeDecodeError as error:
        raise Unusable([f"{file.name}: is not UTF-8 ({error})"]) from None


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unusable([f"{file.name}: {error}"]) from None


def _names(data: dict[str, Any], environ: Mapping[str, str], problems: list[str]) -> list[str]:
    names = data.get("enabled", [])
    if "TENFOLD_ENABLED" in environ:
        names = [name.strip() for name in environ["TENFOLD_ENABLED"].split(",") if name.strip()]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        problems.append('enabled: must be a list of names, as in enabled = ["todo"]')
        return []
    twice = {name for name in names if names.count(name) > 1}
    problems += [f"enabled: {name!r} is written twice" for name in sorted(twice)]
    return list(dict.fromkeys(names))


def _load(names: list[str], problems: list[str]) -> dict[str, tuple[Plugin, ModuleType]]:
    found: dict[str, tuple[Plugin, ModuleType]] = {}
    for name in (*OWN.values(), *names):
        try:
            plugin, module = load(name)
        except PluginError as error:
            problems += error.problems
            continue
        if plugin.name in found and found[plugin.name][1] is not module:
            problems.append(f"{name}: another enabled plugin is called {plugin.name!r} too")
        found[plugin.name] = plugin, module
    return found


def _strangers(
    file: Path,
    text: str,
    tables: Mapping[str, Any],
    environ: Mapping[str, str],
    found: Mapping[str, Any],
) -> Iterator[str]:
    """Yield tables and variables that belong to no plugin; a disabled one keeps its settings."""
    owners = {*found, *known()}
    for table, values in tables.items():
        if table not in owners:
            place = f"{file.name}:{line_of(text, table)}"
            yield f"{place}  [{table}]: no plugin has this name{did_you_mean(table, owners)}"
        elif not isinstance(values, dict):
            yield f"{file.name}:{line_of(text, '', table)}  {table}: must be a table, [{table}]"
    prefixes = {f"{PREFIX}{name.upper().replace('-', '_')}__" for name in owners}
    for variable in environ:
        ours = variable.startswith(PREFIX) and "__" in variable
        if ours and variable not in OWN_VARIABLES and not variable.startswith(tuple(prefixes)):
            yield f"${variable}: no plugin has this name"


def _with_settings(
    file: Path,
    text: str,
    tables: Mapping[str, Any],
    environ: Mapping[str, str],
    found: Mapping[str, tuple[Plugin, ModuleType]],
    problems: list[str],
) -> dict[str, Enabled]:
    enabled: dict[str, Enabled] = {}
    for name, (plugin, module) in found.items():
        table = tables.get(name, {})
        values = table if isinstance(table, dict) else {}
        where = {key: f"{file.name}:{line_of(text, name, key)}" for key in values}
        reading = read_table(plugin.settings, Source(name, values, environ, where))
        problems += reading.problems
        if reading.values is not None:
            enabled[name] = Enabled(plugin, module, reading.values, reading.origins)
    return enabled


def _order(plugins: Mapping[str, Plugin], problems: list[str]) -> list[str]:
    try:
        return in_order(plugins)
    except PluginError as error:
        problems += error.problems
        return []


def line_of(text: str, table: str, key: str | None = None) -> int:
    """Return the line where ``key`` of ``[table]`` stands (1 when it is not written there)."""
    here = ""
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[([^\[\]]+)\]", line):
            here = heading[1].strip().strip('"')
            if here == table and key is None:
                return number
        elif here == table and key and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
            return number
    return 1
