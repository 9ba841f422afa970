"""Which tags a note has: by what people call them, whatever a tag was called before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from ..names import key_of
from ..queries import tags as queries
from ..queries.tags import TagName, TagOn

Kept = list[tuple[int, str]]
"""Tags with the names they had when a revision was kept."""


def encoded(tags: Sequence[TagOn | TagName]) -> str:
    """Return tags as a revision keeps them."""
    return msgspec.json.encode([(tag.id, tag.name) for tag in tags]).decode()


def decoded(kept: str) -> Kept:
    """Return the tags that a revision kept."""
    return msgspec.json.decode(kept, type=Kept)


async def wear(note: int, owner: int, names: Sequence[str]) -> list[TagName]:
    """Let a note have exactly these tags; those that are new are made. Returns them."""
    by_key = {key_of(name): name.strip() for name in names}
    by_key.pop("", None)
    pairs = sorted(by_key.items())
    bound = [value for key, name in pairs for value in (name, key)]
    now = datetime.now(UTC)
    wanted = await queries.ensure(owner, now, *bound, count=len(pairs)) if pairs else []
    had = {tag.id for tag in await queries.on(note, count=1)}
    new = sorted({tag.id for tag in wanted} - had)
    old = sorted(had - {tag.id for tag in wanted})
    if old:
        await queries.take(note, *old, count=len(old))
    if new:
        await queries.put(note, *new, count=len(new))
    return sorted(wanted, key=lambda tag: key_of(tag.name))


async def merged(base: Kept, current: Sequence[TagOn], yours: Sequence[str]) -> list[str]:
    """Return the names of a note's tags after a change that began from ``base``.

    A tag that was renamed meanwhile is still the same tag, whichever of its names ``yours`` holds.
    """
    ids = [id for id, _ in base]
    now = {tag.id: tag.name for tag in await queries.of_ids(*ids, count=len(ids))} if ids else {}
    wanted = {key_of(name): name for name in yours}
    removed = set()
    for id, name in base:
        names = [key_of(now.get(id, name)), key_of(name)]
        known = next((each for each in names if each in wanted), None)
        if known is None:
            removed.add(id)
        else:
            del wanted[known]
    kept = [tag.name for tag in current if tag.id not in removed]
    return [*kept, *wanted.values()]
