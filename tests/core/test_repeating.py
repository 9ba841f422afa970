"""What is done again and again is told once when it fails, and once when it works again."""

from __future__ import annotations

import asyncio
import logging

import pytest

from core.repeating import repeating


async def test_a_failure_is_told_in_the_words_of_what_is_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done, enough = 0, asyncio.Event()

    async def work() -> None:
        """Write the figures.

        Not this.
        """
        nonlocal done
        done += 1
        if done in (2, 3):
            raise OSError(28, "No space left on device")
        if done == 5:
            enough.set()

    caplog.set_level(logging.INFO, "tenfold")
    async with repeating(0.001, work):
        await asyncio.wait_for(enough.wait(), 10)
    assert [record.getMessage() for record in caplog.records] == [
        "Failed, and is tried again: Write the figures: OSError(28, 'No space left on device')",
        "Works again: Write the figures",
    ]
