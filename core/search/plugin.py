"""Search over every plugin. Written like any other plugin, and always on."""

from __future__ import annotations

from collections.abc import Sequence

from sanic import Blueprint

from core.plugins import Permission, Plugin, hookimpl
from core.search.routes import searches
from core.search.settings import SearchSettings

PLUGIN = Plugin(
    name="search",
    title="Search",
    description="Find anything that I may see.",
    requires=["auth"],
    settings=SearchSettings,
)


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return [Permission("search.use", "Search what I may see")]


@hookimpl
def register_routes() -> Sequence[Blueprint]:
    return [searches]
