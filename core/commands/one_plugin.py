"""A command about one plugin, whether it is on or not."""

from __future__ import annotations

import os

from core import configuration
from core.loading import load
from core.plugins import PluginError, Plugins


def including(name: str) -> tuple[Plugins, str]:
    """Return the enabled plugins together with the one called ``name``, and what it calls itself.

    ``name`` is as it would stand in ``enabled``, or what the plugin calls itself. What it requires
    is switched on too. Raises PluginError when it cannot be loaded.
    """
    on, _ = configuration.survey()
    if name in on:
        return on, name
    wanted: dict[str, str] = {}
    _collect(name, wanted)
    enabled = [*configuration.enabled_names(), *wanted.values()]
    environ = {**os.environ, "TENFOLD_ENABLED": ",".join(dict.fromkeys(enabled))}
    plugins, problems = configuration.survey(environ=environ)
    own = load(name)[0].name
    if own not in plugins:
        raise PluginError(problems or [f"{name}: cannot be used"])
    return plugins, own


def _collect(name: str, wanted: dict[str, str]) -> None:
    plugin, _ = load(name)
    if plugin.name not in wanted:
        wanted[plugin.name] = name
        for need in plugin.requires:
            _collect(need, wanted)
