"""Tell other plugins that something happened, once it is certain."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial

import msgspec

from core.db.engine import engine
from core.db.transaction import innermost

log = logging.getLogger("tenfold.events")

Handler = Callable[..., Awaitable[None]]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the past tense, with ids, not rows. Its name is ``plugin.what_happened``."""

    @classmethod
    def name(cls) -> str:
        """Return the name that handlers are registered for: ``todo.task_completed``."""
        plugin = cls.__module__.split(".")[-2]
        return f"{plugin}.{re.sub(r'(?<!^)(?=[A-Z])', '_', cls.__name__).lower()}"


_handlers: dict[str, list[tuple[str, Handler]]] = {}


def listen(found: Iterable[tuple[str, Mapping[str, Handler]]]) -> None:
    """Take over who hears what: ``(plugin, {event name: handler})``, in order."""
    by_name: dict[str, list[tuple[str, Handler]]] = defaultdict(list)
    for plugin, handlers in found:
        for name, handler in handlers.items():
            by_name[name].append((plugin, handler))
    _handlers.clear()
    _handlers.update(by_name)


async def emit(event: Event) -> None:
    """Tell whoever listens: after the commit of the transaction around this, else now."""
    name = type(event).name()
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
