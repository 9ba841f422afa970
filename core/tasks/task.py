"""What a task is, and which ones the enabled plugins have."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import msgspec

from core.calling import place, takes
from core.plugins import PluginError, Plugins
from core.reading import did_you_mean

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST_WAIT = 3600.0


class GivenUp(Exception):
    """Raise it in a task that will never succeed: it is not tried again."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """Work away from requests. ``name`` begins with the plugin's name and a dot.

    ``run`` takes a struct, or nothing. It is done at least once, so doing it twice must do no harm.
    ``every``: again and again, as ``"30s"``, ``"5m"``, ``"1h"``, ``"1d"`` or a timedelta; once each
    time, however many hosts there are. ``attempts``: how often it is tried, ``timeout``: seconds
    that one attempt may take, ``waits``: seconds before the second attempt and those after it
    (without: 2, 8, 32 ... up to an hour). ``at_once``: how many a runner works at, at the same time
    (without: as many as it can). ``sealed``: the payload is kept encrypted.
    """

    name: str
    run: Callable[..., Awaitable[None]]
    every: timedelta | str | None = None
    attempts: int = 8
    timeout: float = 300.0
    waits: Sequence[float] = ()
    at_once: int | None = None
    sealed: bool = False

    @cached_property
    def payload(self) -> Any:
        """The type of what ``run`` takes; None when it takes nothing."""
        parameters = inspect.signature(self.run).parameters
        if not parameters:
            return None
        return typing.get_type_hints(self.run)[next(iter(parameters))]

    @cached_property
    def seconds(self) -> int:
        """The seconds between two turns of a periodic task; 0 for any other."""
        if self.every is None:
            return 0
        if isinstance(self.every, timedelta):
            return int(self.every.total_seconds())
        found = re.fullmatch(r"(\d+)([smhd])", self.every)
        return int(found[1]) * UNITS[found[2]] if found else 0

    def wait(self, attempts: int) -> float:
        """Return the seconds to wait after so many attempts, without chance."""
        if self.waits:
            return float(self.waits[min(attempts, len(self.waits)) - 1])
        return float(min(2 * 4 ** min(attempts - 1, 10), LONGEST_WAIT))


_tasks: dict[str, Task] = {}
_plugins: Plugins | None = None


def use(plugins: Plugins) -> None:
    """Take over the tasks of these plugins. Raises PluginError with all that is wrong."""
    from core.tasks import sealing

    global _plugins
    found, _plugins = collect(plugins), plugins
    _tasks.clear()
    _tasks.update(found)
    sealing.use(plugins)


def current() -> Plugins | None:
    """Return the plugins whose tasks are in use, if any."""
    return _plugins


def collect(plugins: Plugins) -> Mapping[str, Task]:
    """Return the tasks of these plugins by name. Raises PluginError with all that is wrong."""
    tasks: dict[str, Task] = {}
    problems: list[str] = []
    for plugin, declared in plugins.call("register_tasks"):
        for task in declared:
            problems += _wrong(plugin, task)
            if task.name in tasks:
                problems.append(f"{plugin}: the task {task.name!r} is registered twice")
            tasks[task.name] = task
    if problems:
        raise PluginError(problems)
    return tasks


def _wrong(plugin: str, task: Task) -> Iterator[str]:
    if problem := _uncallable(task.run):
        yield f"{plugin}: {task.name}: {place(task.run)}  {problem}"
        return
    if not task.name.startswith(f"{plugin}."):
        yield f"{plugin}: the task {task.name!r} must be called {plugin}.{task.name}"
    if task.every is not None and task.seconds < 1:
        yield f"{plugin}: {task.name}: every={task.every!r} is no time such as '30s', '5m' or '1h'"
    if task.every is not None and task.payload is not None:
        yield f"{plugin}: {task.name} is periodic, so its function must take no payload"
    if task.attempts < 1 or task.timeout <= 0:
        yield f"{plugin}: {task.name} needs an attempt and time for it"


def _uncallable(run: Any) -> str | None:
    """Return what keeps a function from being a task's, None if nothing does."""
    if not inspect.iscoroutinefunction(inspect.unwrap(run)):
        return "what it runs must be an async function"
    first = next(iter(inspect.signature(run).parameters.values()), None)
    if first is None:
        return None
    told = first.annotation is not first.empty
    return None if told and takes(run, 1) else "what it runs takes one struct, or nothing"


def known() -> Mapping[str, Task]:
    """Return the tasks in use, by name."""
    return _tasks


def find(name: str) -> Task:
    """Return the task called ``name``. Raises LookupError when no enabled plugin has it."""
    try:
        return _tasks[name]
    except KeyError:
        known = did_you_mean(name, _tasks)
        raise LookupError(f"No enabled plugin has a task called {name!r}{known}.") from None


def encoded(task: Task, payload: msgspec.Struct | None) -> str:
    """Return ``payload`` as it is kept. Raises TypeError when it is not what the task takes."""
    from core.tasks import sealing

    if task.payload is None and payload is None:
        return ""
    if task.payload is None or type(payload) is not task.payload:
        wanted = getattr(task.payload, "__name__", "nothing")
        raise TypeError(f"The task {task.name} takes {wanted}, not {type(payload).__name__}.")
    text = msgspec.json.encode(payload).decode()
    return sealing.vault().lock(text) if task.sealed else text


def decoded(task: Task, kept: str) -> Any:
    """Return the payload again. Raises GivenUp when it does not fit what the task takes now."""
    from core.tasks import sealing

    if task.payload is None:
        return None
    text = sealing.unlocked(kept) if task.sealed else kept
    try:
        return msgspec.json.decode(text, type=task.payload)
    except msgspec.MsgspecError as error:
        raise GivenUp(f"The payload does not fit what the task takes now: {error}") from None
