r"""Three-way merge of texts by lines, in bounded time.

Lines that occur once in both texts are anchors (patience diff). What lies between two anchors is
compared by difflib when it is short; when it is long, lines that occur more often, such as empty
ones, are anchors by their turn, once, and what is long then counts as replaced. So the cost grows
with the length, whatever the text. A line is what stands between two ``\n``: nothing is lost.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

SHORT = 2_500
"""How many pairs of lines difflib may look at between two anchors: less than a millisecond."""
LONG = 20_000
"""How many lines may be anchors by their turn."""
SMALL = 10_000
"""Characters up to which a merge is done on the loop: about a millisecond."""

Block = tuple[int, int, int]
"""Lines ``a[i:i + n]`` are ``b[j:j + n]``, as (i, j, n)."""
Part = tuple[int, int, int, int, bool]
"""Lines ``a[i:next_i]`` and ``b[j:next_j]`` to be compared; whether they lie between lines that are
anchors by their turn."""


async def merge(base: str, theirs: str, yours: str) -> str | None:
    """Return both changes to ``base`` in one text, None when they touch the same lines."""
    if yours in (base, theirs):
        return theirs
    if theirs == base:
        return yours
    if len(base) + len(theirs) + len(yours) <= SMALL:
        return merge_now(base, theirs, yours)
    return await asyncio.to_thread(merge_now, base, theirs, yours)


def merge_now(base: str, theirs: str, yours: str) -> str | None:
    """Merge on this thread. Changes in touching lines are a conflict, as in diff3."""
    lines = [text.split("\n") for text in (base, theirs, yours)]
    merged: list[str] = []
    for old, a, b in _chunks(*lines):
        if a in (old, b):
            merged += b
        elif b == old:
            merged += a
        else:
            return None
    return "\n".join(merged)


def _chunks(
    base: list[str], theirs: list[str], yours: list[str]
) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """Yield the texts in corresponding pieces: what all three have, and what lies between."""
    last, last_a, last_b = 0, 0, 0
    ends = (len(base), len(theirs), len(yours), 0)
    for start, a, b, count in [*_kept(matching(base, theirs), matching(base, yours)), ends]:
        if (start, a, b) != (last, last_a, last_b):
            yield base[last:start], theirs[last_a:a], yours[last_b:b]
        if count:
            same = base[start : start + count]
            yield same, same, same
        last, last_a, last_b = start + count, a + count, b + count


def _kept(one: list[Block], other: list[Block]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the lines of the base that both kept, as (place in base, in one, in other, count)."""
    left = right = 0
    while left < len(one) and right < len(other):
        (i, a, n), (j, b, m) = one[left], other[right]
        start, end = max(i, j), min(i + n, j + m)
        if start < end:
            yield start, a + start - i, b + start - j, end - start
        if i + n <= j + m:
            left += 1
        else:
            right += 1


def matching(a: Sequence[str], b: Sequence[str]) -> list[Block]:
    """Return the blocks of equal lines, in order."""
    found: list[Block] = []
    waiting: list[Part] = [(0, len(a), 0, len(b), False)]
    while waiting:
        start_a, end_a, start_b, end_b, by_turn = waiting.pop()
        head = _common(a, b, start_a, end_a, start_b, end_b)
        if head:
            found.append((start_a, start_b, head))
        start_a, start_b = start_a + head, start_b + head
        tail = _common_end(a, b, start_a, end_a, start_b, end_b)
        end_a, end_b = end_a - tail, end_b - tail
        if tail:
            found.append((end_a, end_b, tail))
        if start_a < end_a and start_b < end_b:
            waiting += _between(a, b, (start_a, end_a, start_b, end_b, by_turn), found)
    return sorted(found)


def _between(a: Sequence[str], b: Sequence[str], part: Part, found: list[Block]) -> list[Part]:
    """Return the parts between anchors, to be looked at; without anchors compare at once."""
    start_a, end_a, start_b, end_b, by_turn = part
    mine, others = a[start_a:end_a], b[start_b:end_b]
    anchors = _in_order(_once(mine, others))
    if not anchors and len(mine) * len(others) <= SHORT:
        blocks = SequenceMatcher(None, mine, others, autojunk=False).get_matching_blocks()
        found += [(start_a + i, start_b + j, n) for i, j, n in blocks if n]
        return []
    if not anchors and not by_turn and max(len(mine), len(others)) <= LONG:
        anchors, by_turn = _in_order(_by_turn(mine, others)), True
    if not anchors:
        return []
    places = [(start_a + i, start_b + j) for i, j in anchors]
    found += [(i, j, 1) for i, j in places]
    before = [(start_a - 1, start_b - 1), *places]
    after = [*places, (end_a, end_b)]
    return [
        (i + 1, next_i, j + 1, next_j, by_turn)
        for (i, j), (next_i, next_j) in zip(before, after, strict=True)
        if i + 1 < next_i and j + 1 < next_j
    ]


def _once(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return the lines that occur once in both."""
    in_a, in_b = Counter(a), Counter(b)
    places = {line: j for j, line in enumerate(b) if in_b[line] == 1}
    return [(i, places[line]) for i, line in enumerate(a) if in_a[line] == 1 and line in places]


def _by_turn(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Return the lines of both, the first of a kind with the first, the second with the second."""
    places: dict[str, list[int]] = defaultdict(list)
    for j in range(len(b) - 1, -1, -1):
        places[b[j]].append(j)
    return [(i, places[line].pop()) for i, line in enumerate(a) if places.get(line)]


def _in_order(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs that is in order in both texts."""
    piles: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        pile = bisect_left(piles, j)
        before.append(tops[pile - 1] if pile else -1)
        piles[pile : pile + 1], tops[pile : pile + 1] = [j], [number]
    run: list[tuple[int, int]] = []
    number = tops[-1] if tops else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]


def _common(
    a: Sequence[str], b: Sequence[str], start_a: int, end_a: int, start_b: int, end_b: int
) -> int:
    """Return how many lines are equal at the beginning of both parts."""
    most = min(end_a - start_a, end_b - start_b)
    count = 0
    while count < most and a[start_a + count] == b[start_b + count]:
        count += 1
    return count


def _common_end(
    a: Sequence[str], b: Sequence[str], start_a: int, end_a: int, start_b: int, end_b: int
) -> int:
    """Return how many lines are equal at the end of both parts."""
    most = min(end_a - start_a, end_b - start_b)
    count = 0
    while count < most and a[end_a - 1 - count] == b[end_b - 1 - count]:
        count += 1
    return count
