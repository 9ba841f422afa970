"""Rules about routes and permissions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from secrets import token_hex
from typing import Any

from sanic import Sanic

from core.calling import place
from core.checks import places
from core.plugins import OWN, PluginError, Plugins
from core.public import PublicBlueprint

PART = re.compile(r"<(\w+)(:?[^>]*)>")


def permissions(plugins: Plugins) -> Iterator[str]:
    """Permissions carry their plugin's name in front, are named once, and say what they allow."""
    for plugin, found in plugins.call("register_permissions"):
        where = places.hook(plugins, plugin, "register_permissions")
        names = [each.name for each in found]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{plugin}: {where}  the permission {name!r} is registered twice"
        for each in found:
            if not each.description:
                yield f"{plugin}: {where}  say what the permission {each.name!r} allows"
            if not each.name.startswith(f"{plugin}."):
                new = f"{plugin}.{each.name}"
                yield f"{plugin}: {where}  the permission {each.name!r} must be called {new}"


def routes(plugins: Plugins) -> Iterator[str]:
    """Every route is an endpoint, and asks for a permission that somebody registers.

    A public page may be Sanic's own handler: it answers browsers, and asks nobody who they are.
    """
    known = {each.name for _, found in plugins.call("register_permissions") for each in found}
    for plugin, blueprint, route in _routes(plugins):
        contract = getattr(route.handler, "contract", None)
        bare = contract is None and not isinstance(blueprint, PublicBlueprint)
        if bare and plugin not in OWN:
            yield (
                f"{plugin}: {place(route.handler)}  {route.uri or '/'} is no endpoint; "
                "write @endpoint(permission) under the route, or @endpoint(None) for anyone"
            )
        elif contract is not None and contract.permission not in {None, *known}:
            yield (
                f"{plugin}: {place(route.handler)}  needs the permission "
                f"{contract.permission!r}, which no plugin registers"
            )


def parts(plugins: Plugins) -> Iterator[str]:
    """What a path holds in ``<...>`` is what its handler takes."""
    for plugin, blueprint, route in _routes(plugins):
        contract = getattr(route.handler, "contract", None)
        if contract is None:
            continue
        path = f"{blueprint.url_prefix or ''}{route.uri}"
        given, taken = {name for name, _ in PART.findall(path)}, set(contract.path)
        for name in sorted(given ^ taken):
            where = f"{plugin}: {place(route.handler)}  {contract.name}()"
            if name in given:
                yield f"{where} does not take {name!r}, which {path} holds"
            else:
                yield f"{where} takes {name!r}, which {path or '/'} does not hold"


def repeated(plugins: Plugins) -> Iterator[str]:
    """Nothing is served twice."""
    seen: dict[tuple[str, str, str], Any] = {}
    for plugin, blueprint, route in _routes(plugins):
        path = PART.sub(r"<\2>", f"{blueprint.url_prefix or ''}{route.uri}").rstrip("/") or "/"
        owner = "" if isinstance(blueprint, PublicBlueprint) else plugin
        for method in sorted(route.methods or ()):
            first = seen.setdefault((owner, method, path), route.handler)
            if first is not route.handler:
                where = f"{plugin}: {place(route.handler)} "
                yield f"{where} {method} {path} is served by {place(first)} too"


def blueprints(plugins: Plugins) -> Iterator[str]:
    """No two blueprints have one name."""
    seen: dict[str, str] = {}
    for plugin, blueprint, _ in _routes(plugins):
        first = seen.setdefault(blueprint.name, plugin)
        if first != plugin:
            where = places.hook(plugins, plugin, "register_routes")
            seen[blueprint.name] = plugin
            yield f"{plugin}: {where}  {first} has a blueprint {blueprint.name!r} too; rename it"


def addresses(plugins: Plugins) -> Iterator[str]:
    """Everything can be served together, beside what core serves itself."""
    from core.app import serve_all

    if any((*repeated(plugins), *blueprints(plugins))):
        return  # they say more
    app: Sanic[Any, Any] = Sanic(f"tenfold_check_{token_hex(4)}", configure_logging=False)
    try:
        serve_all(app, plugins)
    except PluginError as error:
        yield from error.problems
    finally:
        Sanic.unregister_app(app)


def _line(route: Any) -> int:
    code = getattr(inspect.unwrap(route.handler), "__code__", None)
    return int(getattr(code, "co_firstlineno", 0))


def _routes(plugins: Plugins) -> Iterator[tuple[str, Any, Any]]:
    """Yield each route of each plugin: (plugin, blueprint, route)."""
    for plugin, found in plugins.call("register_routes"):
        for blueprint in found if isinstance(found, Sequence) else [found]:
            for route in sorted(blueprint._future_routes, key=_line):
                yield plugin, blueprint, route
