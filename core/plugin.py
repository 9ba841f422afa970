"""Core as a plugin: the ``[core]`` settings and what core itself keeps. Always on."""

from __future__ import annotations

from core.plugins import Plugin, hookimpl
from core.settings import CoreSettings

PLUGIN = Plugin(
    name="core",
    title="Core",
    description="What every request passes.",
    settings=CoreSettings,
)


@hookimpl
def register_tables() -> str:
    return "core.piccolo_app"
