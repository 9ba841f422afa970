"""The difference of two texts, as a unified diff, in bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from .merging import Block, matching

CONTEXT = 3

Change = tuple[int, int, int, int]
"""Lines ``a[i:next_i]`` became ``b[j:next_j]``."""


async def diff(before: str, after: str, names: tuple[str, str]) -> str:
    """Return a unified diff, made away from the loop; empty for equal texts."""
    return await asyncio.to_thread(diff_now, before, after, names)


def diff_now(before: str, after: str, names: tuple[str, str]) -> str:
    """Return a unified diff with three lines around each change."""
    a, b = before.split("\n"), after.split("\n")
    changes = list(_changes(matching(a, b), len(a), len(b)))
    if not changes:
        return ""
    lines = [f"--- {names[0]}", f"+++ {names[1]}"]
    for group in _groups(changes):
        lines += _hunk(a, b, group)
    return "\n".join(lines) + "\n"


def _changes(blocks: list[Block], end_a: int, end_b: int) -> Iterator[Change]:
    i = j = 0
    for next_i, next_j, count in [*blocks, (end_a, end_b, 0)]:
        if (i, j) != (next_i, next_j):
            yield i, next_i, j, next_j
        i, j = next_i + count, next_j + count


def _groups(changes: list[Change]) -> Iterator[list[Change]]:
    """Put together what is not further apart than twice the context."""
    group = [changes[0]]
    for change in changes[1:]:
        if change[0] - group[-1][1] > 2 * CONTEXT:
            yield group
            group = []
        group.append(change)
    yield group


def _hunk(a: list[str], b: list[str], group: list[Change]) -> Iterator[str]:
    before = min(CONTEXT, group[0][0])
    after = min(CONTEXT, len(a) - group[-1][1])
    start_a, end_a = group[0][0] - before, group[-1][1] + after
    start_b, end_b = group[0][2] - before, group[-1][3] + after
    yield f"@@ -{_range(start_a, end_a)} +{_range(start_b, end_b)} @@"
    place = start_a
    for i, next_i, j, next_j in group:
        yield from (f" {line}" for line in a[place:i])
        yield from (f"-{line}" for line in a[i:next_i])
        yield from (f"+{line}" for line in b[j:next_j])
        place = next_i
    yield from (f" {line}" for line in a[place:end_a])


def _range(start: int, end: int) -> str:
    length = end - start
    return f"{start + 1 if length else start},{length}"
