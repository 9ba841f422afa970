"""Parts that what is done with projects, tasks and the rest share."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar

import msgspec

from core import Invalid

T = TypeVar("T")
LONGEST_LABEL = 50

Touched = tuple[str, int, int]
"""A row that a request changed: its kind, its id, and its version after the change."""

touched: ContextVar[list[Touched] | None] = ContextVar("todo_touched", default=None)
"""What the current request has changed, where it may be undone (see undo.py)."""


def note(kind: str, id: int, version: int) -> None:
    """Write down that a row was changed by the current request."""
    found = touched.get()
    if found is not None:
        found.append((kind, id, version))


def noted() -> int:
    """Return how many changes the current request has written down."""
    return len(touched.get() or ())


def forget_since(count: int) -> None:
    """Strike out what was written down since then: it was undone."""
    del (touched.get() or [])[count:]


def portions(things: Sequence[T], size: int = 500) -> Iterator[list[T]]:
    """Yield things in portions: a statement takes only so many values."""
    for first in range(0, len(things), size):
        yield list(things[first : first + size])


async def number(counted: Awaitable[int | None]) -> int:
    """Return what a counting query found."""
    return await counted or 0


def changes_of(body: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that a request wants changed."""
    found = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in found.items() if value is not msgspec.UNSET}


def is_so(row: Any, new: dict[str, Any]) -> bool:
    """Tell whether a row is already as a change would have it."""
    return all(getattr(row, name) == value for name, value in new.items())


def folded(word: str) -> str:
    """Return a label as it is kept, without capitals. Raises Invalid: some letters become two."""
    found = word.casefold()
    if len(found) > LONGEST_LABEL:
        raise Invalid(f"A label has {LONGEST_LABEL} characters at most in small letters.")
    return found


def labels_text(words: Iterable[str]) -> str:
    """Return labels as they are kept: each once, a space around each. Raises Invalid."""
    found = dict.fromkeys(map(folded, words))
    return f" {' '.join(found)} " if found else ""


def pattern(text: str) -> str:
    """Return the LIKE pattern for texts that contain ``text``."""
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return f"%{text}%"
