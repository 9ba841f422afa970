"""Ask every plugin at once what it has for somebody, and merge the answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence

import msgspec

from core.auth.authorization.identity import CurrentUser
from core.errors import FieldError, Invalid
from core.plugins import Plugins
from core.search.schemas import Hit, SearchOut, SearchQuery

log = logging.getLogger("tenfold.search")


class NoSuchPlugin(Invalid):
    """A plugin was named that is not enabled, or has nothing to be searched."""

    code, title = "no_such_plugin", "No such plugin"


async def search(
    plugins: Plugins, user: CurrentUser, query: SearchQuery, seconds: float
) -> SearchOut:
    """Return the best hits of the plugins asked for. Raises NoSuchPlugin.

    The first of every plugin come first, then the second; of those, the newest. Ranks of different
    plugins cannot be compared.
    """
    asked = dict(plugins.call("search", user=user, query=query.q, limit=query.limit))
    wanted = _wanted(query.plugins, asked)
    for name in asked.keys() - set(wanted):
        asked[name].close()
    answers = await asyncio.gather(*(_ask(name, asked[name], seconds) for name in wanted))
    incomplete = [name for name, hits in zip(wanted, answers, strict=True) if hits is None]
    return SearchOut(_merged([hits or [] for hits in answers])[: query.limit], incomplete)


def _wanted(text: str, known: dict[str, Awaitable[Sequence[Hit]]]) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if strange := [name for name in names if name not in known]:
        for unasked in known.values():
            unasked.close()  # type: ignore[attr-defined]
        message = f"{strange[0]!r} is no plugin that can be searched; there are: {', '.join(known)}"
        raise NoSuchPlugin(f"{message}.", errors=[FieldError("$.plugins", message)])
    return names or list(known)


async def _ask(name: str, answer: Awaitable[Sequence[Hit]], seconds: float) -> list[Hit] | None:
    """Return a plugin's hits, None when it fails or takes too long."""
    try:
        async with asyncio.timeout(seconds):
            hits = await answer
        return [_named(hit, name) for hit in hits]
    except Exception:
        log.exception("The plugin %r failed to search, or took more than %s s.", name, seconds)
        return None


def _named(hit: Hit, name: str) -> Hit:
    if not isinstance(hit, Hit):
        raise TypeError(f"search() must return a list of core.Hit, not of {type(hit).__name__}")
    return msgspec.structs.replace(hit, plugin=name)


def _merged(answers: Sequence[list[Hit]]) -> list[Hit]:
    placed = [(place, hit) for hits in answers for place, hit in enumerate(hits)]
    placed.sort(key=lambda each: (each[0], -each[1].updated_at.timestamp()))
    return [hit for _, hit in placed]
