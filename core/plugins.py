"""Plugins: what one says about itself, and how the hooks of all that are on are called."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

import pluggy

from core import hookspecs
from core.calling import HookFailed, called, place
from core.reading import did_you_mean
from core.settings import Settings

API = 1

OWN = {
    "core": "core.plugin",
    "auth": "core.auth.plugin",
    "tasks": "core.tasks.plugin",
    "webhooks": "core.webhooks.plugin",
    "search": "core.search.plugin",
    "realtime": "core.realtime.plugin",
}
"""Core's own plugins, which are always on, and their modules."""

hookimpl = pluggy.HookimplMarker("tenfold")
"""Marks a function of a plugin's module as a hook: write it above ``def register_routes()``."""


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

    def __post_init__(self) -> None:
        _refuse_text(requires=self.requires, after=self.after)
        if not (isinstance(self.settings, type) and issubclass(self.settings, Settings)):
            raise TypeError("settings= must be a class, and a subclass of core.Settings")


@dataclass(frozen=True)
class Permission:
    """Something a role may be allowed to do. ``name`` begins with the plugin's name and a dot."""

    name: str
    description: str
    roles: Sequence[str] = ("user",)

    def __post_init__(self) -> None:
        _refuse_text(roles=self.roles)


def _refuse_text(**given: object) -> None:
    for name, value in given.items():
        if isinstance(value, str):
            raise TypeError(f"{name}={value!r} must be a list: {name}=[{value!r}]")


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


S = TypeVar("S", bound=Settings)


class Plugins:
    """The enabled plugins, in dependency order, and their hooks."""

    def __init__(self, enabled: Sequence[Enabled]) -> None:
        self._enabled = {each.plugin.name: each for each in enabled}
        self._hooks = pluggy.PluginManager("tenfold")
        self._hooks.add_hookspecs(hookspecs)
        self.leaving: list[str] = []
        """Hooks that plugins use and that the next version of the API will not have."""
        problems = [line for each in enabled for line in self._register(each)]
        if problems:
            raise PluginError(problems)

    def _register(self, each: Enabled) -> Iterator[str]:
        """Take a plugin's hooks; yield what is wrong with them, with the plugin's name."""
        hooks = [
            name for name in vars(hookspecs) if hasattr(hookspecs.__dict__[name], "tenfold_spec")
        ]
        wrong = list(_misspelled(each.module, hooks))
        yield from (f"{each.plugin.name}: {line}" for line in wrong)
        if wrong:
            return
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", DeprecationWarning)
                self._hooks.register(each.module, each.plugin.name)
            self.leaving += [f"{each.plugin.name}: {warning.message}" for warning in caught]
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

        An awaitable result is yielded as it is. Raises PluginError, with the plugin's name, for a
        hook that raises or returns what it must not.
        """
        for name in self._enabled:
            result = self.ask(name, hook, **given)
            if result is not None:
                yield name, result

    def ask(self, name: str, hook: str, **given: Any) -> Any:
        """Return the answer of one plugin to a hook; None without one. Raises PluginError."""
        each = self._enabled[name]
        function = getattr(each.module, hook, None)
        if not hasattr(function, "tenfold_impl"):
            return None
        try:
            return called(name, hook, function, given | {"settings": each.settings})
        except HookFailed as error:
            raise PluginError([f"{name}: {error}"]) from error.__cause__

    def hooks_of(self, name: str) -> list[str]:
        """Return the hooks that a plugin implements, in the order of core/hookspecs.py."""
        module = self._enabled[name].module
        return [
            hook for hook in vars(hookspecs) if hasattr(getattr(module, hook, None), "tenfold_impl")
        ]


def _misspelled(module: ModuleType, hooks: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the names of a plugin's hooks, and of what they take."""
    for name, function in vars(module).items():
        if not hasattr(function, "tenfold_impl"):
            continue
        if name not in hooks:
            yield f"there is no hook {name!r}{did_you_mean(name, hooks)} ({place(function)})"
            continue
        given = list(inspect.signature(getattr(hookspecs, name)).parameters)
        for argument in inspect.signature(function).parameters:
            if argument not in given:
                may = f"it may take {', '.join(given)}" if given else "it takes nothing"
                yield f"its hook {name}() takes {argument!r}; {may} ({place(function)})"
