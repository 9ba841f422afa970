"""Tell other plugins that something happened, once it is certain."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from typing import Protocol

import msgspec

from core.db.engine import engine, savepoint
from core.db.transaction import innermost
from core.homes import plugin_of

log = logging.getLogger("tenfold.events")

Handler = Callable[..., Awaitable[None]]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the past tense, with ids, not rows. Its name is ``plugin.what_happened``.

    Each event may also be sent as a webhook, with its fields as they are: no secrets, and nothing
    that only some may know.
    """

    @classmethod
    def name(cls) -> str:
        """Return the name that handlers are registered for: ``todo.task_completed``."""
        return _names.get(cls) or _name(cls)


_names: dict[type[Event], str] = {}


def _name(kind: type[Event]) -> str:
    what = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    plugin = plugin_of(kind.__module__)
    if plugin is None:  # its plugin is not loaded, and may be yet
        return f"{kind.__module__.rpartition('.')[0].rpartition('.')[2]}.{what}"
    _names[kind] = f"{plugin}.{what}"
    return _names[kind]


_handlers: dict[str, list[tuple[str, Handler]]] = {}


def listen(found: Iterable[tuple[str, Mapping[str, Handler]]]) -> None:
    """Take over who hears what: ``(plugin, {event name: handler})``, in order.

    For a server, once; whoever wants to hear for a while only is ``listening``.
    """
    by_name: dict[str, list[tuple[str, Handler]]] = defaultdict(list)
    for plugin, handlers in found:
        for name, handler in handlers.items():
            by_name[name].append((plugin, handler))
    _handlers.clear()
    _handlers.update(by_name)


@contextmanager
def listening(found: Iterable[tuple[str, Mapping[str, Handler]]]) -> Iterator[None]:
    """Let these hear what happens in the block; those who heard before hear again after it."""
    before = dict(_handlers)
    listen(found)
    try:
        yield
    finally:
        _handlers.clear()
        _handlers.update(before)


class Recorder(Protocol):
    """Writes events down in the transaction in which they happen, so that none is ever lost."""

    def wants(self, name: str) -> bool:
        """Tell, without asking anybody, whether events of this name are written down."""

    async def record(self, name: str, event: Event) -> None:
        """Write an event down."""


_recorders: list[Recorder] = []


def record_with(recorder: Recorder) -> None:
    """Ask ``recorder`` about each event from now on."""
    if recorder not in _recorders:
        _recorders.append(recorder)


def unit(*kinds: type[Event]) -> AbstractAsyncContextManager[object]:
    """Make one unit of a single statement and the events told of it: ``async with unit(...)``.

    It is a transaction where somebody has events of these kinds written down; else a ``savepoint``,
    which costs nothing without a transaction around it.
    """
    names = [kind.name() for kind in kinds]
    wanted = any(recorder.wants(name) for recorder in _recorders for name in names)
    return engine().transaction() if wanted else savepoint()


async def emit(event: Event) -> None:
    """Tell whoever listens: after the commit of the transaction around this, else now.

    What is written down, as for webhooks, is written in that transaction.
    """
    name = type(event).name()
    for recorder in _recorders:
        if recorder.wants(name):
            await recorder.record(name, event)
    if name not in _handlers:
        return
    transaction = innermost(engine().current_transaction)
    if transaction is not None:
        transaction.after_commit.append(partial(_tell, name, event))
    else:
        await _tell(name, event)


async def _tell(name: str, event: Event) -> None:
    """Call each handler; one that fails is logged with its plugin's name and stops nobody."""
    for plugin, handler in _handlers.get(name, ()):
        try:
            await handler(event)
        except Exception:
            log.exception("The plugin %r failed to handle %s.", plugin, name)
