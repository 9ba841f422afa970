"""The header ``Undo`` of an answer: what ``POST /undo`` takes back what was done with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from core import WithHeaders

from ..service.parts import touched
from ..service.undo import token_of

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


def undoable(function: F) -> F:
    """Give the answers of an endpoint that changes something the header ``Undo``."""

    @wraps(function)
    async def undoing(**arguments: Any) -> Any:
        outer = touched.set([])
        try:
            result = await function(**arguments)
            token = token_of(touched.get() or [])
        finally:
            touched.reset(outer)
        return result if token is None else WithHeaders(result, {"undo": token})

    return undoing  # type: ignore[return-value]
