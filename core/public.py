"""Addresses that people see: a plugin's routes outside /api/v1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sanic import Blueprint, Sanic

from core.plugins import PluginError


class PublicBlueprint(Blueprint):
    """A blueprint that is mounted at the root of the server, under its own ``url_prefix``.

    Its handlers are endpoints, or Sanic's own: they get the request and return a response. What
    core serves, such as ``/docs``, is never hidden by it: a path that begins with a variable comes
    last.
    """


def apart(blueprints: list[Blueprint]) -> tuple[list[Blueprint], list[Blueprint]]:
    """Return the public ones, and the others."""
    public: list[Blueprint] = [each for each in blueprints if isinstance(each, PublicBlueprint)]
    return public, [each for each in blueprints if not isinstance(each, PublicBlueprint)]


def refuse_taken(app: Sanic[Any, Any], name: str, blueprint: Blueprint) -> None:
    """Raise PluginError where the plugin ``name`` wants an address that somebody has already."""
    taken = {route.path.partition("/")[0] for route in app.router.routes}
    for first in _firsts(blueprint):
        if first in taken and not first.startswith("<"):
            raise PluginError([f"{name}: /{first} is taken already. Choose another prefix."])


def _firsts(blueprint: Blueprint) -> Iterator[str]:
    """Yield the first part of each path of a blueprint."""
    for route in blueprint._future_routes:
        path = f"{blueprint.url_prefix or ''}{route.uri}".strip("/")
        yield path.partition("/")[0]
