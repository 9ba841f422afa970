"""Plugins: what one says about itself, how it is found, their order, how hooks are called."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pluggy

from core import hookspecs
from core.settings import Settings, did_you_mean

API = 1
GROUP = "tenfold.plugins"
NAME = re.compile(r"[a-z][a-z0-9_]{1,29}")

hookimpl = pluggy.HookimplMarker("tenfold")


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """What a plugin says about itself, before any of its code is asked to do anything."""

    name: str
    title: str
    description: str = ""
    version: str = "1.0.0"
    api: int = API
    requires: Sequence[str] = ()
    after: Sequence[str] = ()
    settings: type[Settings] = Settings


@dataclass(frozen=True)
class Permission:
    """Something a role may be allowed to do. ``name`` begins with the plugin's name and a dot."""

    name: str
    description: str
    roles: Sequence[str] = ("user",)


class PluginError(Exception):
    """What an operator must mend before anything starts: one line each, all shown."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Enabled:
    """A plugin that is on: its own words, its module, its settings and where those came from."""

    plugin: Plugin
    module: ModuleType
    settings: Settings
    origins: Mapping[str, str] = field(default_factory=dict)


def built_in() -> list[str]:
    """Return the names of the plugins in the ``plugins`` package."""
    package = import_module("plugins")
    return sorted(
        file.parent.name for folder in package.__path__ for file in Path(folder).glob("*/plugin.py")
    )


def known() -> list[str]:
    """Return every name that ``enabled`` may hold: folders and entry points."""
    return sorted({*built_in(), *entry_points(group=GROUP).names})


def load(name: str) -> tuple[Plugin, ModuleType]:
    """Import the plugin called ``name``: a folder in plugins/, an entry point or a dotted module.

    Raises PluginError with a sentence that says what to do.
    """
    path = _module_of(name)
    try:
        module = import_module(path)
    except ModuleNotFoundError as error:
        if error.name and f"{path}.".startswith(f"{error.name}."):
            raise PluginError([f"{name}: no such plugin{did_you_mean(name, known())}"]) from error
        raise PluginError([f"{name}: needs the package {error.name!r}: pip install it"]) from error
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        raise PluginError([f"{name}: cannot be imported ({text})"]) from error
    plugin = getattr(module, "PLUGIN", None)
    if not isinstance(plugin, Plugin):
        raise PluginError([f"{name}: {path} has no PLUGIN = Plugin(...)"])
    if plugin.api != API:
        raise PluginError(
            [f"{name}: written for plugin API {plugin.api}; this server speaks {API}"]
        )
    if not NAME.fullmatch(plugin.name):
        raise PluginError([f"{name}: {plugin.name!r} is no plugin name: use a-z, 0-9 and _"])
    return plugin, module


def _module_of(name: str) -> str:
    if "." in name:
        return name
    for entry in entry_points(group=GROUP, name=name):
        return entry.value
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


S = TypeVar("S", bound=Settings)


class Plugins:
    """The enabled plugins, in dependency order, and their hooks."""

    def __init__(self, enabled: Sequence[Enabled]) -> None:
        self._enabled = {each.plugin.name: each for each in enabled}
        self._hooks = pluggy.PluginManager("tenfold")
        self._hooks.add_hookspecs(hookspecs)
        problems = [line for each in enabled for line in self._register(each)]
        if problems:
            raise PluginError(problems)

    def _register(self, each: Enabled) -> Iterator[str]:
        """Take a plugin's hooks; yield what is wrong with them, with the plugin's name."""
        hooks = [
            name for name in vars(hookspecs) if hasattr(hookspecs.__dict__[name], "tenfold_spec")
        ]
        for name, function in vars(each.module).items():
            if hasattr(function, "tenfold_impl") and name not in hooks:
                yield f"{each.plugin.name}: there is no hook {name!r}{did_you_mean(name, hooks)}"
                return
        try:
            self._hooks.register(each.module, each.plugin.name)
        except pluggy.PluginValidationError as error:
            yield f"{each.plugin.name}: {str(error).splitlines()[-1].strip()}"

    def __iter__(self) -> Iterator[Plugin]:
        return (each.plugin for each in self._enabled.values())

    def __contains__(self, name: str) -> bool:
        return name in self._enabled

    def __getitem__(self, name: str) -> Enabled:
        return self._enabled[name]

    def settings_of(self, kind: type[S]) -> S:
        """Return the settings of type ``kind``."""
        for each in self._enabled.values():
            if type(each.settings) is kind:
                return each.settings
        raise LookupError(f"No enabled plugin has settings of the type {kind.__name__}.")

    def call(self, hook: str, **given: Any) -> Iterator[tuple[str, Any]]:
        """Yield ``(plugin name, result)`` for every plugin that implements ``hook``, in order.

        An awaitable result is yielded as it is. An error carries the plugin's name as a note.
        """
        implementations = {
            each.plugin_name: each for each in getattr(self._hooks.hook, hook).get_hookimpls()
        }
        for name, each in self._enabled.items():
            if name not in implementations:
                continue
            arguments = given | {"settings": each.settings}
            function = implementations[name].function
            try:
                result = function(
                    *(arguments[key] for key in inspect.signature(function).parameters)
                )
            except Exception as error:
                error.add_note(f"raised by the plugin {name!r} in its hook {hook}()")
                raise
            if result is not None:
                yield name, result
