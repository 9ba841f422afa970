"""A plugin whose tasks write down when each begins and ends."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence

import msgspec

from core import Plugin, Task, hookimpl
from core.tasks.tables import Schedule

PLUGIN = Plugin(name="work", title="Work")


class Number(msgspec.Struct):
    """Which piece of work."""

    number: int


async def do(piece: Number) -> None:
    """Take a few milliseconds, and write it down."""
    write("B", piece.number)
    await asyncio.sleep(random.random() * 0.01)
    write("E", piece.number)


async def nothing(piece: Number) -> None:
    """Take no time at all."""


async def tick() -> None:
    """Write down which turn it is, told by when the next one will be."""
    (row,) = await Schedule.select(Schedule.next_at).where(Schedule.name == "work.tick")
    write("T", int(row["next_at"].timestamp()))


def write(what: str, number: int) -> None:
    """Append a line at once; the clock is the same for all processes of a machine."""
    line = f"{what} {number} {os.getpid()} {time.monotonic():.6f}\n"
    file = os.open(os.environ["WORK_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line.encode())
    os.close(file)


@hookimpl
def register_tasks() -> Sequence[Task]:
    return [
        Task(name="work.do", run=do),
        Task(name="work.nothing", run=nothing),
        Task(name="work.tick", run=tick, every="1s"),
    ]
