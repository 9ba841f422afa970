"""Merging loses nothing, says so when it cannot be, and takes bounded time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.notes.differences import diff_now
from plugins.notes.merging import matching, merge, merge_now

LINES = st.lists(st.sampled_from(["", "a", "b", "c", "\r", "é"]), max_size=12).map("\n".join)


@given(LINES, LINES)
def test_one_change_alone_is_taken_as_it_is(base: str, changed: str) -> None:
    assert merge_now(base, changed, base) == changed
    assert merge_now(base, base, changed) == changed
    assert merge_now(base, changed, changed) == changed


@given(LINES, LINES, LINES)
def test_it_does_not_matter_who_was_first(base: str, one: str, other: str) -> None:
    assert merge_now(base, one, other) == merge_now(base, other, one)


@given(LINES, LINES)
def test_matching_lines_are_equal_and_in_order(one: str, other: str) -> None:
    a, b = one.split("\n"), other.split("\n")
    last = (0, 0)
    for i, j, count in matching(a, b):
        assert a[i : i + count] == b[j : j + count]
        assert (i, j) >= last
        assert i >= last[0]
        assert j >= last[1]
        last = (i + count, j + count)


@given(st.integers(3, 30), st.data())
def test_changes_that_do_not_touch_are_both_kept(count: int, data: st.DataObject) -> None:
    base = [f"line {number}" for number in range(count)]
    middle = data.draw(st.integers(1, count - 2))
    new = st.lists(st.text(alphabet="xyz", max_size=5), max_size=4)
    first, second = data.draw(new), data.draw(new)
    cut = data.draw(st.integers(0, middle))
    end = data.draw(st.integers(middle + 1, count))
    theirs = [*first, *base[cut:]]
    yours = [*base[:end], *second]
    expected = [*first, *base[cut:end], *second]
    assert merge_now(*("\n".join(each) for each in (base, theirs, yours))) == "\n".join(expected)


def test_paragraphs_with_empty_lines_between_them_are_merged_soon() -> None:
    base = [line for number in range(400) for line in (f"paragraph {number}", "")]
    theirs, yours = list(base), list(base)
    for number in range(400):
        (yours if number % 7 == 3 else theirs)[2 * number] = f"changed {number}"
    expected = [f"changed {line[10:]}" if line else "" for line in base]
    begun = time.process_time()
    for _ in range(5):
        merged = merge_now(*("\n".join(each) for each in (base, theirs, yours)))
    assert merged is not None
    assert merged.split("\n") == expected
    assert time.process_time() - begun < 0.5


def test_changes_of_the_same_lines_are_a_conflict() -> None:
    assert merge_now("a\nb\nc", "a\nx\nc", "a\ny\nc") is None
    assert merge_now("a\nc", "a\nx\nc", "a\ny\nc") is None
    assert merge_now("a\nb\nc", "a\nc", "a\nb!\nc") is None


SHAPES: dict[str, Callable[[random.Random], list[str]]] = {
    "different lines": lambda chance: [f"{chance.random()}" for _ in range(50_000)],
    "empty lines": lambda _: [""] * 999_000,
    "two lines": lambda chance: chance.choices(["a", "b"], k=400_000),
    "few lines": lambda chance: chance.choices([f"word {n}" for n in range(40)], k=120_000),
    "one line": lambda _: ["x" * 999_000],
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_megabyte_is_merged_while_the_loop_goes_on(shape: str) -> None:
    chance = random.Random(1)
    base = SHAPES[shape](chance)
    theirs, yours = list(base), list(base)
    for place in range(0, len(base), max(len(base) // 500, 1)):
        theirs[place] = f"theirs {place}"
        yours[-1 - place] = f"yours {place}"
    texts = ["\n".join(each)[:1_000_000] for each in (base, theirs, yours)]
    longest, running = 0.0, True

    async def heart() -> None:
        nonlocal longest
        while running:
            begun = time.process_time()  # what the merging took from the loop, nothing else
            await asyncio.sleep(0.001)
            longest = max(longest, time.process_time() - begun)

    beating = asyncio.create_task(heart())
    begun = time.process_time()
    await merge(texts[0], texts[1], texts[2])
    took = time.process_time() - begun
    running = False
    await beating
    print(f"{shape}: {took:.2f} s, loop stood still for {longest * 1000:.0f} ms at most")
    assert took < 60
    assert longest < 0.5


def test_a_diff_says_what_changed() -> None:
    before = "\n".join(f"{number}" for number in range(20))
    after = before.replace("\n5\n", "\nfive\n").replace("19", "19\n20")
    assert diff_now(before, after, ("1", "2")) == (
        "--- 1\n+++ 2\n@@ -3,7 +3,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        "@@ -18,3 +18,4 @@\n 17\n 18\n 19\n+20\n"
    )
    assert diff_now("a", "a", ("1", "2")) == ""
    assert diff_now("", "a", ("1", "2")) == "--- 1\n+++ 2\n@@ -1,1 +1,1 @@\n-\n+a\n"
