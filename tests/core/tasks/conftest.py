"""A few tasks to test with, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from core.tasks import task as registry
from core.tasks.task import Task


class Word(msgspec.Struct):
    """What the tasks of these tests take."""

    text: str


Register = Callable[..., Task]


@pytest.fixture
def said() -> list[str]:
    """Return what the tasks of this test have said."""
    return []


@pytest.fixture
def register(server: Any) -> Iterator[Register]:
    """Return a function that makes a task known for the length of the test."""
    before = dict(registry._tasks)

    def add(name: str, run: Any, **more: Any) -> Task:
        task = registry._tasks[name] = Task(name=name, run=run, **more)
        return task

    yield add
    registry._tasks.clear()
    registry._tasks.update(before)


@pytest.fixture
def say(register: Register, said: list[str]) -> Task:
    """Return a task that says what it is given."""

    async def run(word: Word) -> None:
        said.append(word.text)

    return register("test.say", run)
