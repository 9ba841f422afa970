"""What a machine can hold about plugins. Each rule yields the lines a person should read."""

from __future__ import annotations

from core.plugins import Plugins


def complaints(plugins: Plugins) -> list[str]:
    """Return what is wrong, one line each; none is the wish."""
    return []
