"""How a plugin is found and imported, and the order of several."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from core.calling import patience, raised_at
from core.homes import remember
from core.plugins import API, Plugin, PluginError
from core.reading import did_you_mean

SPOKEN = range(max(1, API - 1), API + 1)
"""The versions of the plugin API that this server speaks: the current one and the one before."""

NO_ENDPOINT = "Required parameter `request` missing"
"""What Sanic says of a handler that takes something else."""

GROUP = "tenfold.plugins"
NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")
NAMED = "a-z first, then a-z, 0-9 and _, 2 to 30 in all"


def built_in() -> list[str]:
    """Return the names of the plugins in the ``plugins`` package."""
    return sorted(
        {file.parent.name for folder in _folders() for file in Path(folder).glob("*/plugin.py")}
    )


def _folders() -> list[str]:
    """Return where folders are plugins: in the package, and in plugins/ beside plugins.toml."""
    package = import_module("plugins")
    beside = Path(os.environ.get("TENFOLD_CONFIG", "plugins.toml")).resolve().parent / "plugins"
    there = {Path(each).resolve() for each in package.__path__}
    for folder in (Path(__file__).parent.parent / "plugins", beside):
        if folder.is_dir() and folder.resolve() not in there:
            package.__path__.append(str(folder))
    return list(package.__path__)


def known() -> list[str]:
    """Return every name that ``enabled`` may hold: folders and entry points."""
    return sorted({*built_in(), *entry_points(group=GROUP).names})


def load(name: str) -> tuple[Plugin, ModuleType]:
    """Import the plugin called ``name``: a folder in plugins/, an entry point or a dotted module.

    Raises PluginError with a sentence that says what to do.
    """
    path = _module_of(name)
    try:
        with patience(f"{name}: its import has not ended yet."):
            module = import_module(path)
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing and f"{path}.".startswith(f"{missing}."):
            raise PluginError([f"{name}: no such plugin{did_you_mean(name, known())}"]) from error
        raise PluginError([f"{name}: {why_not(path, error)}"]) from error
    plugin = getattr(module, "PLUGIN", None)
    if not isinstance(plugin, Plugin):
        raise PluginError([f"{name}: {path} has no PLUGIN = Plugin(...)"])
    if plugin.api not in SPOKEN:
        spoken = " and ".join(map(str, SPOKEN))
        raise PluginError(
            [f"{name}: written for plugin API {plugin.api}; this server speaks {spoken}"]
        )
    if path == f"plugins.{name}.plugin" and plugin.name != name:
        raise PluginError(
            [f"{name}: its PLUGIN is called {plugin.name!r}; call it as its folder is called"]
        )
    if not NAME.fullmatch(plugin.name):
        raise PluginError([f"{name}: {plugin.name!r} is no plugin name: {NAMED}"])
    remember(module, plugin.name)
    return plugin, module


def why_not(path: str, error: BaseException) -> str:
    """Return why a module of a plugin cannot be imported, and what to do about it."""
    package = path.rpartition(".")[0] or path
    where = raised_at(error, package)
    if isinstance(error, ModuleNotFoundError) and error.name:
        if f"{path}.".startswith(f"{error.name}."):
            return "is not there"
        if error.name.partition(".")[0] in ("core", "plugins", package.partition(".")[0]):
            return f"imports {error.name}, which is not there{where}"
        return f"needs the package {error.name!r}: pip install it{where}"
    if NO_ENDPOINT in str(error):
        return f"has a route whose function is no endpoint: write @endpoint between them{where}"
    if isinstance(error, SyntaxError):
        return f"cannot be imported (SyntaxError: {error.msg}){where}"
    return f"cannot be imported ({type(error).__name__}: {error}){where}"


def _module_of(name: str) -> str:
    if "." in name:
        return name
    for entry in entry_points(group=GROUP, name=name):
        return entry.value
    _folders()
    return f"plugins.{name}.plugin"


def in_order(plugins: Mapping[str, Plugin]) -> list[str]:
    """Sort so that each plugin comes after what it requires; ties keep the order given.

    Raises PluginError for requirements that are not enabled and for circles.
    """
    missing = [
        f"{plugin.name}: requires {need!r}, which is not enabled. Add {need!r} to enabled."
        for plugin in plugins.values()
        for need in plugin.requires
        if need not in plugins
    ]
    if missing:
        raise PluginError(missing)
    graph = {
        name: [*plugin.requires, *(each for each in plugin.after if each in plugins)]
        for name, plugin in plugins.items()
    }
    try:
        return _stable(TopologicalSorter(graph), list(plugins))
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise PluginError([f"plugins require each other in a circle: {circle}"]) from None


def _stable(sorter: TopologicalSorter[str], given: list[str]) -> list[str]:
    """Take what is ready one by one, always the one written first."""
    order: list[str] = []
    ready: set[str] = set()
    sorter.prepare()
    while sorter.is_active():
        ready.update(sorter.get_ready())
        first = min(ready, key=given.index)
        ready.remove(first)
        sorter.done(first)
        order.append(first)
    return order
