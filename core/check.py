"""Every rule about plugins that a machine can hold. Each yields the lines a person should read:
whose mistake it is, where it is written, what to do.
"""

from __future__ import annotations

import asyncio

from core.checks import code, declared, endpoints, tables
from core.indexes import missing_indexes
from core.plugins import Plugins

RULES = (
    declared.coroutines,
    declared.lifespans,
    declared.handlers,
    declared.tasks,
    declared.channels,
    declared.settings,
    declared.panels,
    tables.names,
    tables.foreign_keys,
    tables.migrations,
    tables.dependencies,
    tables.unwritten_migrations,
    endpoints.permissions,
    endpoints.routes,
    endpoints.parts,
    endpoints.repeated,
    endpoints.blueprints,
    endpoints.addresses,
    code.readable,
    code.imports,
    code.rows,
    code.blocking,
)


def complaints(plugins: Plugins) -> list[str]:
    """Return what is wrong, one line each; none is the wish."""
    found = list(declared.hooks(plugins))
    if found:
        return found  # the other rules ask those hooks again
    for rule in RULES:
        found += rule(plugins)
    return found + asyncio.run(missing_indexes(plugins))
