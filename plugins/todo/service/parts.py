"""Parts that what is done with projects and with tasks share."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import msgspec


async def number(counted: Awaitable[int | None]) -> int:
    """Return what a counting query found."""
    return await counted or 0


def changes_of(body: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that a request wants changed."""
    found = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in found.items() if value is not msgspec.UNSET}
