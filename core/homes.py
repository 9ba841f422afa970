"""Which modules belong to which plugin: those of its package, or the one module that it is."""

from __future__ import annotations

from types import ModuleType

_plugins: dict[str, str] = {}


def home_of(module: ModuleType) -> str:
    """Return the package of a module called ``plugin``; any other is a plugin by itself."""
    if module.__name__.rpartition(".")[2] == "plugin":
        return module.__package__ or module.__name__
    return module.__name__


def stands_alone(module: ModuleType) -> bool:
    """Tell whether a plugin is one module, so that what is beside it is not its own."""
    return home_of(module) == module.__name__ and not hasattr(module, "__path__")


def remember(module: ModuleType, plugin: str) -> None:
    """Keep whose the modules around a plugin's module are."""
    _plugins[home_of(module)] = plugin


def plugin_of(module: str) -> str | None:
    """Return the name of the loaded plugin that a module belongs to, None if it is nobody's."""
    while module:
        if module in _plugins:
            return _plugins[module]
        module = module.rpartition(".")[0]
    return None
