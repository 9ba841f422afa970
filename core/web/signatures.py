"""What the signature of an endpoint must say."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from core.auth.authorization.identity import CurrentUser


def unclear(
    function: Callable[..., Any], permission: str | None, hints: Mapping[str, Any]
) -> str | None:
    """Return what a function must still say before it can be served, None if it says all.

    ``hints``: its annotations, as types.
    """
    if not inspect.iscoroutinefunction(function):
        return "write async def"
    if not inspect.getdoc(function):
        return "say in a docstring what this endpoint does"
    if "return" not in hints:
        return "say what it returns"
    for name in inspect.signature(function).parameters:
        if name not in hints:
            return f"say what {name} is, as in {name}: {'CurrentUser' if name == 'user' else 'int'}"
    if permission is None and CurrentUser in hints.values():
        return "anyone may ask, so that there may be no user: write user: CurrentUser | None"
    return None
